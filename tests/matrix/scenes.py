"""What an Airflow does while its services are well, and while one of them is in trouble."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import inf
from types import MappingProxyType

from tests.matrix.airflow import Airflow
from tests.matrix.services import Catalogue, Received, SecretsManager, State

BY_THEMSELVES = ("succeeds", "fails", "retries", "maps", "queries")
TOLD = "works"
PREFLIGHT = "mwaa_platform_lineage_preflight"
ENDED = {"success", "failed"}
EVENTS_OF_RUN = 4  # start and end, of the DAG and of its task

OPTIONS: Mapping[str, str] = MappingProxyType(
    {"core.lazy_load_plugins": "True", "core.dags_are_paused_at_creation": "False"}
)

FIRST_RUNS_SECONDS = 240
RUN_SECONDS = 120
LATE_EVENTS_SECONDS = 20


class Scene(StrEnum):
    """What is going on; also the id of the run that is started in it."""

    WELL = "all-is-well"
    FAILING = "the-catalogue-fails"
    HANGING = "the-catalogue-hangs"
    NO_SECRETS = "secrets-manager-hangs"
    GONE = "the-catalogue-is-gone"


TROUBLES = tuple(Scene)[1:]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a DAG with one task: its state, how long the task took and, after it, the run.

    A task's start is told while it takes its time. On Airflow 2 the run waits for its end to be
    told, on Airflow 3 nobody does.
    """

    state: str
    tasks_seconds: float
    closing_seconds: float


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
    """All that came of it: the runs of `TOLD` and who was asked because of them, every task.

    `preflight` is the state in which the preflight ended.
    """

    airflow: Airflow
    received: list[Received]
    runs: dict[Scene, Run] = field(default_factory=dict)
    asked: dict[Scene, Asked] = field(default_factory=dict)
    secrets_read: int = 0
    preflight: str = ""
    tasks: list[Task] = field(default_factory=list)

    def events(self, scene: Scene = Scene.WELL, job: str | None = None) -> list[Received]:
        """In the order of arrival."""
        return [each for each in self.received if each.during == scene and job in {None, each.job}]


def observe(airflow: Airflow, catalogue: Catalogue, secrets: SecretsManager) -> Observed:
    """Run every DAG, then one of them again in each trouble."""
    observed = Observed(airflow=airflow, received=catalogue.received)

    def run(scene: Scene) -> None:
        catalogue.during = scene
        before = Asked(catalogue=catalogue.asked, secrets=secrets.asked)
        airflow.airflow("dags", "trigger", TOLD, "--run-id", scene)
        airflow.wait_for(lambda: _has_ended(airflow, TOLD, scene), RUN_SECONDS)
        if catalogue.state == State.HANGING:
            # What Airflow 3 sends of a run that ended would else arrive in the next scene.
            airflow.wait_for(
                lambda: catalogue.asked - before.catalogue >= EVENTS_OF_RUN, LATE_EVENTS_SECONDS
            )
        observed.runs[scene] = _run(airflow, scene)
        observed.asked[scene] = Asked(
            catalogue=catalogue.asked - before.catalogue, secrets=secrets.asked - before.secrets
        )

    with airflow.running():
        catalogue.during = Scene.WELL
        airflow.wait_for(lambda: have_ended(airflow, BY_THEMSELVES), FIRST_RUNS_SECONDS)
        run(Scene.WELL)
        airflow.wait_for(lambda: are_told(catalogue, [*BY_THEMSELVES, TOLD]), LATE_EVENTS_SECONDS)
        observed.secrets_read = secrets.asked
        airflow.airflow("dags", "trigger", PREFLIGHT, "--run-id", PREFLIGHT)
        airflow.wait_for(lambda: _has_ended(airflow, PREFLIGHT, PREFLIGHT), RUN_SECONDS)
        ((observed.preflight,),) = airflow.rows(
            "select state from dag_run where dag_id = ?", PREFLIGHT
        )

        catalogue.state = State.FAILING
        run(Scene.FAILING)

        catalogue.state = State.HANGING
        run(Scene.HANGING)

        catalogue.state, secrets.state = State.WELL, State.HANGING
        _forget_tokens(airflow)
        run(Scene.NO_SECRETS)

        catalogue.shutdown()
        catalogue.server_close()
        secrets.state = State.WELL
        _forget_tokens(airflow)
        run(Scene.GONE)

    observed.tasks = tasks(airflow)
    return observed


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


def are_told(catalogue: Catalogue, dags: Sequence[str]) -> bool:
    """Whether the end of each of the DAGs arrived."""
    ends = {each.job for each in catalogue.received if each.kind in {"COMPLETE", "FAIL"}}
    return {*dags} <= ends


def _forget_tokens(airflow: Airflow) -> None:
    """What processes of one host keep for one another is in its temporary folder."""
    for folder in airflow.temporary.glob("mwaa-platform-*"):
        shutil.rmtree(folder)


def _has_ended(airflow: Airflow, dag: str, run: str) -> bool:
    rows = airflow.rows("select state from dag_run where dag_id = ? and run_id = ?", dag, run)
    return bool(rows) and rows[0][0] in ENDED


def _run(airflow: Airflow, scene: Scene) -> Run:
    query = """
    select r.state, t.start_date, t.end_date, r.end_date
    from dag_run r join task_instance t using (dag_id, run_id)
    where dag_id = ? and run_id = ?
    """
    ((state, *times),) = airflow.rows(query, TOLD, scene)
    if state not in ENDED or None in times:
        return Run(state=state, tasks_seconds=inf, closing_seconds=inf)
    started, ended, closed = map(datetime.fromisoformat, times)
    return Run(
        state=state,
        tasks_seconds=(ended - started).total_seconds(),
        closing_seconds=(closed - ended).total_seconds(),
    )
