"""From events to runs: state, duration and the events of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.lineage_endpoint.events import ReceivedEvent
from local.lineage_endpoint.facts import AirflowRun

STATES = ("START", "RUNNING", "COMPLETE", "FAIL", "ABORT", "OTHER")
FINAL = frozenset({"COMPLETE", "FAIL", "ABORT"})
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a job. `events` are all of it that are in memory, oldest first.

    An event without a run's id is a run of its own.
    """

    key: str
    events: Sequence[ReceivedEvent]

    @property
    def namespace(self) -> str:
        """The namespace of the job, which identifies the environment."""
        return self.events[-1].facts.namespace

    @property
    def job(self) -> str:
        """The name of the job: DAG, or DAG and task."""
        return self.events[-1].facts.job

    @property
    def state(self) -> str:
        """The newest state by the time that the events have; one that ends the run stays."""
        return self._last.facts.state

    @property
    def started(self) -> datetime | None:
        """The earliest time of its events."""
        return min(self._times, default=None)

    @property
    def duration(self) -> timedelta | None:
        """From its start to the event that ended it; None until then."""
        ended = self._last.facts.time
        has_both = self.started and ended and len(self.events) > 1
        return ended - self.started if has_both and self.state in FINAL else None  # type: ignore[operator]

    @property
    def airflow(self) -> AirflowRun | None:
        """The run in Airflow, as the newest event names it."""
        found = [each.facts.airflow for each in self.events if each.facts.airflow]
        return found[-1] if found else None

    @property
    def _last(self) -> ReceivedEvent:
        return max(
            self.events,
            key=lambda each: (each.facts.state in FINAL, each.facts.time or EARLIEST),
        )

    @property
    def _times(self) -> list[datetime]:
        return [each.facts.time for each in self.events if each.facts.time]


def runs_of(events: Iterable[ReceivedEvent]) -> list[Run]:
    """The runs; the one whose first event came last stands first."""
    by_key: dict[str, list[ReceivedEvent]] = {}
    for each in events:
        by_key.setdefault(each.facts.run or f"event {each.number}", []).append(each)
    return [Run(key=key, events=found) for key, found in reversed(by_key.items())]


def matching(runs: Iterable[Run], *, namespace: str, state: str, job: str) -> list[Run]:
    """The runs of a namespace and a state whose job's name contains `job`.

    An empty value matches everything.
    """
    return [
        run
        for run in runs
        if namespace in {"", run.namespace}
        and state in {"", run.state}
        and job.casefold() in run.job.casefold()
    ]
