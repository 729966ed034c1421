"""One DAG's run by hand, where Airflow loads plugins at once."""

from __future__ import annotations

from dataclasses import dataclass

from tests.matrix.airflow import Airflow
from tests.matrix.services import Catalogue, Received

DAG = "succeeds"
DETAILS = {"AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG"}


@dataclass(frozen=True, kw_only=True)
class Eager:
    """What came of it: the run's state, all that was said, what arrived, what was tried in vain."""

    airflow: Airflow
    state: str
    output: str
    received: list[Received]
    failed: int


def run_one(airflow: Airflow, catalogue: Catalogue, failing: Catalogue) -> Eager:
    """Run the DAG to its end, with the most detailed log."""
    output = airflow.airflow("dags", "test", DAG, "2024-01-01", **DETAILS)
    ((state,),) = airflow.rows("select state from dag_run where dag_id = ?", DAG)
    return Eager(
        airflow=airflow,
        state=state,
        output=output,
        received=catalogue.received,
        failed=failing.asked,
    )
