"""Health of an environment's Airflow, as its REST API tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.airflow_api import AirflowApi
from mwaa.versions import major_version

if TYPE_CHECKING:
    import boto3

HEALTH_OF_AIRFLOW_2, HEALTH = "/health", "/monitor/health"
"""https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/logging-monitoring/check-health.html"""
OF_ALL_RUNS = "/dags/~/dagRuns/~/taskInstances"
HEALTHY, SCHEDULER = "healthy", "scheduler"
LISTED = 100
"""The most that one call lists: an API's `maximum_page_limit` by default."""


@dataclass(frozen=True, kw_only=True)
class AirflowHealth:
    """What Airflow says of itself.

    - `unhealthy`: components whose heartbeat is late, of those that Airflow reports.
    - `heartbeat`: when the scheduler last gave one, in Airflow's words; None where it never did.
    - `import_errors`: files of DAGs that cannot be imported, a hundred at most.
    - `import_error_count`: how many there are.
    - `running_tasks`: how many tasks run, of all DAGs.
    """

    unhealthy: tuple[str, ...]
    heartbeat: str | None
    import_errors: tuple[str, ...]
    import_error_count: int
    running_tasks: int

    @property
    def scheduler_healthy(self) -> bool:
        """Whether the scheduler's heartbeat is not late."""
        return SCHEDULER not in self.unhealthy


def airflow_health(session: boto3.Session, name: str, version: str) -> AirflowHealth:
    """Asks the Airflow of an environment, of this version.

    Raises PlatformError where Airflow refuses, and what the AWS SDK raises.
    """
    airflow = AirflowApi(session.client("mwaa"), name)
    of_2 = major_version(version) == 2  # noqa: PLR2004 - Airflow's own
    components = airflow.request("GET", HEALTH_OF_AIRFLOW_2 if of_2 else HEALTH)
    errors = airflow.request("GET", "/importErrors", query={"limit": LISTED})
    return AirflowHealth(
        unhealthy=tuple(
            sorted(filter(None, map(_unhealthy, {SCHEDULER: None, **components}.items())))
        ),
        heartbeat=(components.get(SCHEDULER) or {}).get("latest_scheduler_heartbeat"),
        import_errors=tuple(str(each["filename"]) for each in _listed(errors)),
        import_error_count=int(errors.get("total_entries") or 0),
        running_tasks=running_tasks(session, name),
    )


def running_tasks(session: boto3.Session, name: str) -> int:
    """How many tasks run in an environment; raises as `airflow_health`."""
    airflow = AirflowApi(session.client("mwaa"), name)
    found = airflow.request("GET", OF_ALL_RUNS, query={"state": "running", "limit": 1})
    return int(found.get("total_entries") or 0)


def _unhealthy(component: tuple[str, Any]) -> str | None:
    """The component's name, where it is late; one that is not used has no status.

    The scheduler is always used.
    """
    name, state = component
    status = state.get("status") if isinstance(state, Mapping) else None
    fine = {HEALTHY} if name == SCHEDULER else {None, HEALTHY}
    return name if status not in fine else None


def _listed(errors: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = errors.get("import_errors") or []
    return found
