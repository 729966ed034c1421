"""What an Airflow does while its services are well, and while one of them is in trouble."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from tests.matrix.airflow import Airflow
from tests.matrix.services import Catalogue, Received, SecretsManager, State

BY_THEMSELVES = ("succeeds", "fails", "retries", "maps", "queries")
TOLD = "works"
PREFLIGHT = "mwaa_platform_lineage_preflight"
ENDED = {"success", "failed"}

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
    """A DAG's run: its state and how long it took."""

    state: str
    seconds: float


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
        observed.runs[scene] = _run(airflow, scene)
        observed.asked[scene] = Asked(
            catalogue=catalogue.asked - before.catalogue, secrets=secrets.asked - before.secrets
        )

    with airflow.running():
        catalogue.during = Scene.WELL
        airflow.wait_for(lambda: have_ended(airflow, BY_THEMSELVES), FIRST_RUNS_SECONDS)
        run(Scene.WELL)
        airflow.wait_for(lambda: _are_told(catalogue), LATE_EVENTS_SECONDS)
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

        secrets.state = State.WELL
        _forget_tokens(airflow)
        catalogue.shutdown()
        catalogue.server_close()
        run(Scene.GONE)

    observed.tasks = [
        Task(dag=dag, name=name, state=state, tries=tries)
        for dag, name, state, tries in airflow.rows(
            "select dag_id, task_id, state, try_number from task_instance order by 1, 2, map_index"
        )
    ]
    return observed


def have_ended(airflow: Airflow, dags: Sequence[str]) -> bool:
    """Whether each of the DAGs has a run that ended."""
    rows = airflow.rows("select dag_id, state from dag_run")
    return {*dags} <= {dag for dag, state in rows if state in ENDED}


def _forget_tokens(airflow: Airflow) -> None:
    """What processes of one host keep for one another is in its temporary folder."""
    for folder in airflow.temporary.glob("mwaa-platform-*"):
        shutil.rmtree(folder)


def _are_told(catalogue: Catalogue) -> bool:
    """Whether the end of every DAG arrived."""
    ends = {each.job for each in catalogue.received if each.kind in {"COMPLETE", "FAIL"}}
    return {*BY_THEMSELVES, TOLD} <= ends


def _has_ended(airflow: Airflow, dag: str, run: str) -> bool:
    rows = airflow.rows("select state from dag_run where dag_id = ? and run_id = ?", dag, run)
    return bool(rows) and rows[0][0] in ENDED


def _run(airflow: Airflow, scene: Scene) -> Run:
    query = "select state, start_date, end_date from dag_run where dag_id = ? and run_id = ?"
    ((state, start, end),) = airflow.rows(query, TOLD, scene)
    if state not in ENDED:
        return Run(state=state, seconds=float("inf"))
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    return Run(state=state, seconds=seconds)
