"""How long the logs of an environment's components are kept."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from config.section import Section, reject, setting
from config.types import Integer
from config.update_policy import UpdatePolicy
from mwaa.log_groups import DEFAULT_RETENTION_DAYS, RETENTION_DAYS


def _known(days: int) -> int:
    if days not in RETENTION_DAYS:
        near = min(RETENTION_DAYS, key=lambda each: (abs(each - days), each))
        reject(
            f"CloudWatch cannot keep logs for {days} days. It takes "
            f"{', '.join(map(str, RETENTION_DAYS))}.",
            f"Take {near}.",
        )
    return days


Days = Annotated[
    Integer, Field(json_schema_extra={"enum": [*RETENTION_DAYS]}), AfterValidator(_known)
]


def _days(of: str) -> Any:
    return setting(
        f"Days for which lines of {of} are kept.",
        update=UpdatePolicy.KEEPS_LOGS,
        default=DEFAULT_RETENTION_DAYS,
    )


class LogRetentionDays(Section):
    """How long each component's log group keeps its lines, in days.

    Airflow shows the log of a task for as long as `Task` says.
    """

    dag_processing: Days = _days("the DAG processor")
    scheduler: Days = _days("the schedulers")
    task: Days = _days("tasks")
    web_server: Days = _days("the web servers")
    worker: Days = _days("the workers")

    @property
    def by_component(self) -> dict[str, int]:
        """The days by component, as mwaa.log_groups names it."""
        return {
            "DAGProcessing": self.dag_processing,
            "Scheduler": self.scheduler,
            "Task": self.task,
            "WebServer": self.web_server,
            "Worker": self.worker,
        }
