"""Runs of every DAG, and of one DAG in each outage of a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import inf
from types import MappingProxyType

from tests.matrix.airflow import Airflow
from tests.matrix.services import Catalogue, Received, SecretsManager, State
from tests.waits import wait_until

SCHEDULED = ("succeeds", "fails", "retries", "maps", "queries")
TRIGGERED = "works"
PREFLIGHT = "mwaa_platform_lineage_preflight"
CATALOGUE = "openlineage"
"""The id of the one catalogue."""
ENDED = {"success", "failed"}
EVENTS_OF_RUN = 4  # start and end, of the DAG and of its task

OPTIONS: Mapping[str, str] = MappingProxyType(
    {"core.lazy_load_plugins": "True", "core.dags_are_paused_at_creation": "False"}
)

HELD_SECONDS = 10.0
"""How long a task may be held back by each of its two events, as is documented."""

MACHINE_SECONDS = 15.0
"""What either may take longer for other reasons. With both it is less than what hangs here does."""

TRIES = 3
"""How often a run in trouble is begun until one took no longer than that: a busy machine may hold
back some, the sender's own wait is in all."""


class Condition(StrEnum):
    """What is going on; also the id of the run that is started in it."""

    WELL = "all-is-well"
    FAILING = "the-catalogue-fails"
    HANGING = "the-catalogue-hangs"
    NO_SECRETS = "secrets-manager-hangs"
    GONE = "the-catalogue-is-gone"


OUTAGES = tuple(Condition)[1:]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a DAG with one task: its state, how long the task took and, after it, the run.

    A task's start is told while it takes its time. On Airflow 2 the run waits for its end to be
    told, on Airflow 3 nobody does.
    """

    state: str
    tasks_seconds: float
    closing_seconds: float

    def is_held_back(self, *, beside: Run) -> bool:
        """Whether either took longer than it may where something is in trouble."""
        longer = HELD_SECONDS + MACHINE_SECONDS
        return (
            self.tasks_seconds > beside.tasks_seconds + longer
            or self.closing_seconds > beside.closing_seconds + longer
        )


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task that ended."""

    dag: str
    name: str
    state: str
    tries: int


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How often either service was asked."""

    catalogue: int
    secrets: int


@dataclass(kw_only=True)
class Observed:
    """All that came of it: the runs of `TRIGGERED` and who was asked because of them, every task.

    A run that was begun several times is the last of them; who was asked, because of the first.
    `preflight` is the state in which the preflight ended.
    """

    airflow: Airflow
    received: list[Received]
    runs: dict[Condition, Run] = field(default_factory=dict)
    asked: dict[Condition, Asked] = field(default_factory=dict)
    secrets_read: int = 0
    preflight: str = ""
    tasks: list[Task] = field(default_factory=list)

    def events(
        self, condition: Condition = Condition.WELL, job: str | None = None
    ) -> list[Received]:
        """In the order of arrival."""
        return [
            each for each in self.received if each.during == condition and job in {None, each.job}
        ]


def observe(airflow: Airflow, catalogue: Catalogue, secrets: SecretsManager) -> Observed:
    """Run every DAG, then one of them again in each trouble."""
    observed = Observed(airflow=airflow, received=catalogue.received)
    stage = _Stage(observed=observed, catalogue=catalogue, secrets=secrets)
    airflow.read_token(CATALOGUE)
    in_vain = secrets.asked - 1
    with airflow.running():
        catalogue.during = Condition.WELL
        wait_until("Every DAG ended", lambda: have_ended(airflow, SCHEDULED))
        stage.run(Condition.WELL, Condition.WELL)
        wait_until(
            "The end of every DAG was told",
            lambda: are_reported(catalogue, [*SCHEDULED, TRIGGERED]),
        )
        observed.secrets_read = secrets.asked - in_vain
        observed.preflight = stage.run_dag(PREFLIGHT, PREFLIGHT)

        catalogue.state = State.FAILING
        stage.run_in_outage(Condition.FAILING)

        catalogue.state = State.HANGING
        stage.run_in_outage(Condition.HANGING)

        catalogue.state, secrets.state = State.WELL, State.HANGING
        stage.run_in_outage(Condition.NO_SECRETS, before=airflow.forget_tokens)

        catalogue.shutdown()
        catalogue.server_close()
        secrets.state = State.WELL
        stage.run_in_outage(Condition.GONE, before=lambda: airflow.read_token(CATALOGUE))

    observed.tasks = tasks(airflow)
    return observed


@dataclass(frozen=True, kw_only=True)
class _Stage:
    """Where runs are begun one by one, and what is observed of them is put."""

    observed: Observed
    catalogue: Catalogue
    secrets: SecretsManager

    def run_in_outage(
        self, condition: Condition, *, before: Callable[[], None] | None = None
    ) -> None:
        """Until a run was not held back by the machine, if need be `TRIES` times."""
        runs = self.observed.runs
        for number in range(TRIES):
            if before:
                before()
            self.run(condition, f"{condition}-{number}" if number else condition)
            well = runs[Condition.WELL]
            if runs[condition].state != "success" or not runs[condition].is_held_back(beside=well):
                return

    def run(self, condition: Condition, name: str) -> None:
        """Run `TRIGGERED` under this name."""
        airflow, catalogue = self.observed.airflow, self.catalogue
        catalogue.during = condition
        before = Asked(catalogue=catalogue.asked, secrets=self.secrets.asked)
        self.run_dag(TRIGGERED, name)
        if catalogue.state == State.HANGING:
            # What Airflow 3 sends of a run that ended would else arrive in the next condition.
            wait_until(
                "Every event was tried",
                lambda: catalogue.asked - before.catalogue >= EVENTS_OF_RUN,
            )
        self.observed.runs[condition] = _run(airflow, name)
        asked = Asked(
            catalogue=catalogue.asked - before.catalogue,
            secrets=self.secrets.asked - before.secrets,
        )
        self.observed.asked.setdefault(condition, asked)

    def run_dag(self, dag: str, name: str) -> str:
        """The state in which it ended."""
        airflow = self.observed.airflow
        airflow.airflow("dags", "trigger", dag, "--run-id", name)
        wait_until(f"The run {name} ended", lambda: _state(airflow, dag, name) in ENDED)
        return _state(airflow, dag, name)


def tasks(airflow: Airflow) -> list[Task]:
    """Every task, in the order of their names."""
    rows = airflow.rows(
        "select dag_id, task_id, state, try_number from task_instance order by 1, 2, map_index"
    )
    return [Task(dag=dag, name=name, state=state, tries=tries) for dag, name, state, tries in rows]


def have_ended(airflow: Airflow, dags: Sequence[str]) -> bool:
    """Whether each of the DAGs has a run that ended."""
    rows = airflow.rows("select dag_id, state from dag_run")
    return {*dags} <= {dag for dag, state in rows if state in ENDED}


def are_reported(catalogue: Catalogue, dags: Sequence[str]) -> bool:
    """Whether the end of each of the DAGs arrived."""
    ends = {each.job for each in catalogue.received if each.kind in {"COMPLETE", "FAIL"}}
    return {*dags} <= ends


def _state(airflow: Airflow, dag: str, run: str) -> str:
    """Of a run; empty before there is one."""
    rows = airflow.rows("select state from dag_run where dag_id = ? and run_id = ?", dag, run)
    return str(rows[0][0]) if rows else ""


def _run(airflow: Airflow, name: str) -> Run:
    query = """
    select r.state, t.start_date, t.end_date, r.end_date
    from dag_run r join task_instance t using (dag_id, run_id)
    where dag_id = ? and run_id = ?
    """
    ((state, *times),) = airflow.rows(query, TRIGGERED, name)
    if state not in ENDED or None in times:
        return Run(state=state, tasks_seconds=inf, closing_seconds=inf)
    started, ended, closed = map(datetime.fromisoformat, times)
    return Run(
        state=state,
        tasks_seconds=(ended - started).total_seconds(),
        closing_seconds=(closed - ended).total_seconds(),
    )
