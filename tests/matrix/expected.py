"""The events that each Airflow sends of every DAG when no service fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from packaging.version import Version

from tests.matrix.observation import SCHEDULED, TRIGGERED, Task
from tests.matrix.services import Received

ENDS = [
    Task(dag="fails", name="stumble", state="failed", tries=1),
    Task(dag="maps", name="count", state="success", tries=1),
    Task(dag="maps", name="count", state="success", tries=1),
    Task(dag="queries", name="sum_up", state="success", tries=1),
    Task(dag="retries", name="insist", state="success", tries=2),
    Task(dag="succeeds", name="look", state="success", tries=1),
]
"""How the tasks of the DAGs that run by themselves are meant to end."""

_TASKS = {
    "fails.stumble": ["START", "FAIL"],
    "maps.count": ["START", "COMPLETE"] * 2,
    "queries.sum_up": ["START", "COMPLETE"],
    "retries.insist": ["START", "FAIL", "START", "COMPLETE"],
    "succeeds.look": ["START", "COMPLETE"],
    "works.work": ["START", "COMPLETE"],
}
_DAGS = {
    dag: ["START", "FAIL" if dag == "fails" else "COMPLETE"] for dag in (*SCHEDULED, TRIGGERED)
}

Kinds = Mapping[str, Counter[str]]


def kinds(airflow: str, *dags: str) -> Kinds:
    """The kinds of the events of these DAGs and of their tasks, by job."""
    found = _DAGS | _TASKS
    if Version(airflow) < Version("2.6"):  # it tells nobody of a failure that is tried again
        found["retries.insist"] = ["START", "START", "COMPLETE"]
    if Version(airflow) < Version("2.7"):  # its sender stumbles where a mapped task starts
        found["maps.count"] = ["COMPLETE", "COMPLETE"]
    return {job: Counter(each) for job, each in found.items() if job.partition(".")[0] in dags}


def kinds_of(events: Iterable[Received]) -> Kinds:
    """Those of events that arrived."""
    found: dict[str, Counter[str]] = {}
    for each in events:
        found.setdefault(each.job, Counter())[each.kind] += 1
    return found
