"""One DAG's run by a scheduler where Airflow loads plugins at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tests.matrix.airflow import Airflow
from tests.matrix.scenes import FIRST_RUNS_SECONDS, LATE_EVENTS_SECONDS, have_ended
from tests.matrix.services import Catalogue, Received

DAG = "succeeds"
OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "core.lazy_load_plugins": "False",
        "core.dags_are_paused_at_creation": "True",
        "logging.logging_level": "DEBUG",
    }
)


@dataclass(frozen=True, kw_only=True)
class Eager:
    """What came of it: the run's state, what arrived, how often a failing catalogue was asked."""

    airflow: Airflow
    state: str
    received: list[Received]
    failed: int


def run_one(airflow: Airflow, catalogue: Catalogue, failing: Catalogue) -> Eager:
    """Let the scheduler run the one DAG that is not paused, with the most detailed log."""
    with airflow.running():
        airflow.wait_for(lambda: bool(airflow.rows("select 1 from dag")), FIRST_RUNS_SECONDS)
        airflow.airflow("dags", "unpause", DAG)
        airflow.wait_for(lambda: have_ended(airflow, [DAG]), FIRST_RUNS_SECONDS)
        airflow.wait_for(
            lambda: DAG in {each.job for each in catalogue.received if each.kind == "COMPLETE"},
            LATE_EVENTS_SECONDS,
        )
    ((state,),) = airflow.rows("select state from dag_run where dag_id = ?", DAG)
    return Eager(airflow=airflow, state=state, received=catalogue.received, failed=failing.asked)
