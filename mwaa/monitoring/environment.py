"""Metrics and alarms of environments, and the lines of their logs that are counted.

What AWS recommends is in "Recommended alarms" of
https://docs.aws.amazon.com/mwaa/latest/userguide/monitoring-dashboard.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mwaa.monitoring.alarm import DAY, Alarm, of_one
from mwaa.monitoring.metric import OWN_NAMESPACE, Metric, Statistic, Subject

AIRFLOW_NAMESPACE = "AmazonMWAA"
"""Namespace of the metrics that Airflow sends.

https://docs.aws.amazon.com/mwaa/latest/userguide/access-metrics-cw.html
"""
SERVICE_NAMESPACE = "AWS/MWAA"
"""Namespace of the metrics of containers, queue and database.

https://docs.aws.amazon.com/mwaa/latest/userguide/accessing-metrics-cw-container-queue-db.html
"""
MEBIBYTE = 1024 * 1024
OLDEST_MESSAGE = 14 * DAY
"""Seconds that a queue keeps a message at most.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""
PERCENT = "per cent"


def airflow_metric(name: str, function: str, statistic: Statistic) -> Metric:
    """A metric that a component of Airflow sends."""
    dimensions = {"Function": function, "Environment": Subject.ENVIRONMENT}
    return Metric(
        namespace=AIRFLOW_NAMESPACE, name=name, statistic=statistic, dimensions=dimensions
    )


def service_metric(name: str, statistic: Statistic, **dimensions: str) -> Metric:
    """A metric of the queue; with the dimension `Cluster` of a kind of container, with
    `DatabaseRole` of the database."""
    return Metric(
        namespace=SERVICE_NAMESPACE,
        name=name,
        statistic=statistic,
        dimensions={**dimensions, "Environment": Subject.ENVIRONMENT},
    )


def counted_metric(name: str) -> Metric:
    """A metric that filters of the log groups count."""
    return Metric(namespace=OWN_NAMESPACE, name=name, statistic="Sum", of_environment=True)


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """Lines of an environment's logs that count in a metric.

    - `components`: whose log groups have such lines, as mwaa.log_groups names them.
    - `terms`: a line counts where it has one of them, in this case.
    """

    metric: str
    components: tuple[str, ...]
    terms: tuple[str, ...]

    @property
    def pattern(self) -> str:
        """The filter's pattern.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
        """
        optional = "?" if len(self.terms) > 1 else ""
        return " ".join(f'{optional}"{term}"' for term in self.terms)


REQUIREMENTS_FAILED = LogFilter(
    metric="RequirementsFailed",
    components=("Scheduler", "WebServer", "Worker"),
    # Of MWAA's own installer, in all its images, whatever pip said before; also after the time-out.
    # https://github.com/aws/amazon-mwaa-docker-images
    terms=("pip installation exited with a non-zero error code",),
)
LINEAGE_FAILED = LogFilter(
    metric="LineageFailed",
    components=("Scheduler", "Task"),
    terms=(
        # Airflow's OpenLineage provider, of its events and, in older ones, of its DAG runs.
        "Failed to emit OpenLineage",
        "Failed to emit DAG",
        # The platform's plugin.
        "No lineage token for",
        "No lineage to OpenMetadata",
        "OpenMetadata was left after",
    ),
)


def _utilization(name: str, metric: Metric, *, means: str, periods: int = 3) -> Alarm:
    return Alarm(
        name=name,
        means=means,
        metrics=of_one(metric),
        comparison="GreaterThanThreshold",
        threshold=95,
        unit=PERCENT,
        most=100,
        evaluation_periods=periods,
        datapoints_to_alarm=periods,
    )


def _containers(
    name: str, cluster: str, *, cpu: str, memory: str, periods: int = 3
) -> Iterator[Alarm]:
    """Alarms of one kind of containers; `cpu` and `memory` are what people notice of each."""
    for of, means in (("CPU", cpu), ("Memory", memory)):
        metric = service_metric(f"{of}Utilization", "Average", Cluster=cluster)
        yield _utilization(f"{name}-{of.lower()}", metric, means=means, periods=periods)


FROM_METRICS: tuple[Alarm, ...] = (
    Alarm(
        name="scheduler-heartbeat",
        means="No scheduler of Airflow is alive: no DAG starts, and no task of a running one.",
        metrics=of_one(airflow_metric("SchedulerHeartbeat", "Scheduler", "Sum")),
        comparison="LessThanThreshold",
        threshold=1,
        unit="heartbeats in 5 minutes",
        evaluation_periods=2,
        datapoints_to_alarm=2,
        missing="breaching",  # a scheduler that is dead sends nothing
    ),
    Alarm(
        name="oldest-task-age",
        means="Tasks wait for a worker for more than half an hour: DAGs end late.",
        metrics=of_one(service_metric("ApproximateAgeOfOldestTask", "Maximum")),
        comparison="GreaterThanThreshold",
        threshold=1800,
        unit="seconds",
        most=OLDEST_MESSAGE,
        evaluation_periods=3,
        datapoints_to_alarm=3,
    ),
    *_containers(
        "scheduler",
        "Scheduler",
        cpu="The schedulers are out of CPU: tasks and DAG runs start late.",
        memory="The schedulers are nearly out of memory: when one is ended, nothing starts until "
        "it is back.",
    ),
    *_containers(
        "worker",
        "BaseWorker",
        cpu="The workers are out of CPU: tasks take longer than they should.",
        memory="The workers are nearly out of memory: tasks are ended without a word in their log.",
        periods=6,
    ),
    *_containers(
        "web-server",
        "WebServer",
        cpu="The web servers are out of CPU: Airflow's pages and its API are slow.",
        memory="The web servers are nearly out of memory: Airflow's pages fail now and then.",
    ),
    _utilization(
        "database-cpu",
        service_metric("CPUUtilization", "Average", DatabaseRole="WRITER"),
        means="Airflow's database is out of CPU: pages, schedulers and tasks all wait for it.",
    ),
    Alarm(
        name="database-memory",
        means="Airflow's database is nearly out of memory: when it restarts, everything stops.",
        metrics=of_one(service_metric("FreeableMemory", "Average", DatabaseRole="WRITER")),
        comparison="LessThanThreshold",
        threshold=512 * MEBIBYTE,
        unit="bytes",
        evaluation_periods=3,
        datapoints_to_alarm=3,
    ),
    Alarm(
        name="import-errors",
        means="Airflow cannot import a file of DAGs: its DAGs do not run, and are missing from the "
        "pages.",
        metrics=of_one(airflow_metric("ImportErrors", "DAG Processing", "Minimum")),
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1,
        unit="files",
        evaluation_periods=3,
        datapoints_to_alarm=3,
    ),
)
"""Alarms on what MWAA measures, of every environment."""

REQUIREMENTS = Alarm(
    name="requirements-failed",
    means="The environment's requirements did not install, so none of them is there: DAGs that "
    "import one fail.",
    metrics=of_one(counted_metric(REQUIREMENTS_FAILED.metric)),
    comparison="GreaterThanOrEqualToThreshold",
    threshold=1,
    unit="installations in an hour",
    # A failure is one line, when a container starts: it must be seen for longer than 5 minutes.
    period=3600,
    evaluation_periods=1,
    datapoints_to_alarm=1,
)
LINEAGE = Alarm(
    name="lineage-failed",
    means="Lineage does not reach the catalogue: tasks run, and the catalogue grows out of date.",
    metrics=of_one(counted_metric(LINEAGE_FAILED.metric)),
    comparison="GreaterThanOrEqualToThreshold",
    threshold=3,
    unit="lines in 15 minutes",
    period=900,
    evaluation_periods=1,
    datapoints_to_alarm=1,
)

LOG_FILTERS: Mapping[str, LogFilter] = MappingProxyType(
    {REQUIREMENTS.name: REQUIREMENTS_FAILED, LINEAGE.name: LINEAGE_FAILED}
)
"""What each alarm on a counted metric counts."""
