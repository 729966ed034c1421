"""Log groups of an environment, one for each component of Airflow.

https://docs.aws.amazon.com/mwaa/latest/userguide/monitoring-airflow.html lists the components ("Log
types"); the example of CloudWatchLogGroupArn in
https://docs.aws.amazon.com/mwaa/latest/API/API_ModuleLoggingConfiguration.html shows how the name
begins.
"""

from __future__ import annotations

from collections.abc import Mapping

COMPONENTS = ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")


def log_group_names(environment_name: str) -> Mapping[str, str]:
    """Names of the environment's log groups by component."""
    return {component: f"airflow-{environment_name}-{component}" for component in COMPONENTS}
