"""Log groups of an environment, one for each component of Airflow.

https://docs.aws.amazon.com/mwaa/latest/userguide/monitoring-airflow.html lists the components ("Log
types"); the example of CloudWatchLogGroupArn in
https://docs.aws.amazon.com/mwaa/latest/API/API_ModuleLoggingConfiguration.html shows how the name
begins.
"""

from __future__ import annotations

from collections.abc import Mapping

COMPONENTS = ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")

DEFAULT_RETENTION_DAYS = 90
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Days for which a log group can keep its lines.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
"""


def log_group_names(environment_name: str) -> Mapping[str, str]:
    """Names of the environment's log groups by component."""
    return {component: f"airflow-{environment_name}-{component}" for component in COMPONENTS}
