"""The dashboard of an environment: what fires, then what may be the cause, then what costs.

What MWAA sends is listed in
https://docs.aws.amazon.com/mwaa/latest/userguide/monitoring-dashboard.html and in
https://docs.aws.amazon.com/mwaa/latest/userguide/access-metrics-cw.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mwaa.log_groups import log_group_names
from mwaa.monitoring.alarm import Alarm
from mwaa.monitoring.dashboard import Graph, Line, Page, Row, Text, states
from mwaa.monitoring.environment import LINEAGE, REQUIREMENTS, airflow_metric, service_metric
from mwaa.monitoring.metric import Metric, Statistic, Subject

MINUTE = 60

QUEUED = Line(label="queued", metric=airflow_metric("QueuedTasks", "Executor", "Average"))
RUNNING = Line(label="running", metric=airflow_metric("RunningTasks", "Executor", "Average"))
IMPORT_ERRORS = Line(
    label="files that cannot be imported",
    metric=airflow_metric("ImportErrors", "DAG Processing", "Minimum"),
)
OLDEST = Line(label="seconds", metric=service_metric("ApproximateAgeOfOldestTask", "Maximum"))
HEARTBEATS = (
    Line(label="schedulers", metric=airflow_metric("SchedulerHeartbeat", "Scheduler", "Sum")),
    # From Airflow 2.8.1 on.
    Line(label="triggerers", metric=airflow_metric("TriggererHeartbeat", "Triggerer", "Sum")),
)
ZOMBIES = Line(
    label="zombies",
    metric=Metric(
        namespace="AmazonMWAA",
        name="ZombiesKilled",
        statistic="Sum",
        dimensions={"DAG": "All", "Environment": Subject.ENVIRONMENT, "Task": "All"},
    ),
)
PARSE_TIME = Line(
    label="seconds", metric=airflow_metric("TotalParseTime", "DAG Processing", "Maximum")
)
CLUSTERS = {
    "Scheduler": "schedulers",
    "BaseWorker": "first worker",
    "AdditionalWorker": "additional workers",
    "WebServer": "web servers",
    "AdditionalWebservers": "additional web servers",
}
"""Kinds of containers, as the dimension `Cluster` has them.

https://docs.aws.amazon.com/mwaa/latest/userguide/accessing-metrics-cw-container-queue-db.html
"""
DATABASE = {"DatabaseRole": "WRITER"}


def count_of(cluster: str) -> Metric:
    """The number of containers of a kind: each sends one value a minute."""
    return service_metric("CPUUtilization", "SampleCount", Cluster=cluster)


def environment_page(
    name: str,
    *,
    alarms: Sequence[Alarm],
    alarm_names: Sequence[str],
    runbooks: str,
) -> Page:
    """The dashboard of an environment.

    - `alarms`: those that are on.
    - `alarm_names`: their names in CloudWatch, and what else is about the environment.
    - `runbooks`: address of the page with a section for each alarm.
    """
    rows: list[Row] = [
        [heading(f"Environment {name}", runbooks)],
        *states("Alarms", alarm_names),
        [_now()],
        [Text(markdown="## Tasks")],
        [
            Graph(title="Tasks", lines=[RUNNING, QUEUED], stacked=True),
            Graph(title="Age of the oldest task that waits", lines=[OLDEST]),
            Graph(title="Heartbeats in 5 minutes", lines=HEARTBEATS),
        ],
        [Text(markdown="## DAGs")],
        [
            Graph(title="Files that cannot be imported", lines=[IMPORT_ERRORS]),
            Graph(title="Time to parse all files of DAGs", lines=[PARSE_TIME]),
            Graph(title="Zombies: tasks ended without a heartbeat", lines=[ZOMBIES]),
        ],
        [Text(markdown="## Containers and database")],
        [_utilization("CPUUtilization", "CPU"), _utilization("MemoryUtilization", "Memory")],
        [
            _of_database("Database: CPU (per cent)", "CPUUtilization", "Average"),
            _of_database("Database: free memory (bytes)", "FreeableMemory", "Average"),
            _of_database("Database: connections", "DatabaseConnections", "Maximum"),
        ],
        *_log_lines(alarms),
        [Text(markdown="## What it costs")],
        [_containers(), _logs(name)],
    ]
    return Page(rows=rows, subjects={Subject.ENVIRONMENT: name}, alarms=alarms)


def heading(about: str, runbooks: str) -> Text:
    """What a dashboard begins with."""
    where = f"[its section]({runbooks})" if "://" in runbooks else f"its section in {runbooks}"
    return Text(
        markdown=f"# {about}\nWhat fires comes first, causes below. What to do about an alarm: "
        f"{where}. A deployment makes this page: what is changed here is lost.",
        height=2,
    )


def _now() -> Graph:
    workers = Line(label="additional workers", metric=count_of("AdditionalWorker"), period=MINUTE)
    return Graph(
        title="Now",
        lines=[RUNNING, QUEUED, IMPORT_ERRORS, workers],
        view="singleValue",
        height=3,
    )


def _utilization(metric: str, what: str) -> Graph:
    lines = [
        Line(label=label, metric=service_metric(metric, "Average", Cluster=cluster))
        for cluster, label in CLUSTERS.items()
    ]
    return Graph(title=f"{what} (per cent)", lines=lines)


def _of_database(title: str, metric: str, statistic: Statistic) -> Graph:
    line = Line(label="writer", metric=service_metric(metric, statistic, **DATABASE))
    return Graph(title=title, lines=[line])


def _log_lines(alarms: Iterable[Alarm]) -> list[Row]:
    """What is counted in the logs, where an alarm counts it."""
    lines = [
        Line(label=each.name, metric=each.metric, period=each.period)
        for each in alarms
        if each.name in {REQUIREMENTS.name, LINEAGE.name}
    ]
    return [[Graph(title="Lines of the logs that tell of failures", lines=lines)]] if lines else []


def _containers() -> Graph:
    lines = [
        Line(label=label, metric=count_of(cluster), period=MINUTE)
        for cluster, label in CLUSTERS.items()
    ]
    return Graph(title="Containers that run", lines=lines, stacked=True)


def _logs(name: str) -> Graph:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html"""
    lines = [
        Line(
            label=component,
            metric=Metric(
                namespace="AWS/Logs",
                name="IncomingBytes",
                statistic="Sum",
                dimensions={"LogGroupName": group},
            ),
        )
        for component, group in log_group_names(name).items()
    ]
    return Graph(title="Bytes of logs in 5 minutes", lines=lines, stacked=True)
