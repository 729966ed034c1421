"""Metrics that Airflow's options keep from CloudWatch.

MWAA's sidecar heeds three options, of Airflow's meaning:
https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/metrics.html
https://github.com/aws/amazon-mwaa-docker-images
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from mwaa.monitoring.alarm import Alarm

ON, ALLOWED, BLOCKED = (
    f"metrics.{each}" for each in ("statsd_on", "metrics_allow_list", "metrics_block_list")
)
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "ImportErrors": "dag_processing.import_errors",
        "SchedulerHeartbeat": "scheduler_heartbeat",
    }
)
"""Airflow's own names, by those in CloudWatch, of the metrics that alarms are on.

https://docs.aws.amazon.com/mwaa/latest/userguide/access-metrics-cw.html
"""


def kept_by(alarm: Alarm, options: Mapping[str, str]) -> str | None:
    """The option that keeps an alarm's metric from CloudWatch; None where it is sent."""
    name = NAMES.get(alarm.metric_names)
    if name is None:
        return None
    if options.get(ON, "").strip().lower() in {"false", "f", "0"}:
        return ON
    if allowed := options.get(ALLOWED, "").strip():
        return None if _is_named(name, allowed) else ALLOWED
    return BLOCKED if _is_named(name, options.get(BLOCKED, "")) else None


def _is_named(name: str, listed: str) -> bool:
    """Whether a list has the beginning of a name, as in older versions, or a pattern for it."""
    entries = filter(None, (each.strip().lower() for each in listed.split(",")))
    return any(name.startswith(each) or _matches(each, name) for each in entries)


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False
