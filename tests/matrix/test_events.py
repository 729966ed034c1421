"""Events of runs during which no service fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version

from tests.matrix.environment_files import CANARY, NAMESPACE, PATH
from tests.matrix.expected import ENDS, kinds, kinds_of
from tests.matrix.observation import PREFLIGHT, SCHEDULED, TRIGGERED, Condition, Observed
from tests.matrix.specification import mistakes

EVERY_DAG = (*SCHEDULED, TRIGGERED)


def test_dags_end_as_they_are_meant_to(observed: Observed) -> None:
    assert [task for task in observed.tasks if task.dag in SCHEDULED] == ENDS
    assert observed.runs[Condition.WELL].state == "success"


def test_every_dag_and_every_try_of_every_task_is_told(observed: Observed) -> None:
    assert kinds_of(observed.events()) == kinds(observed.airflow.version, *EVERY_DAG)


def test_the_preflights_own_run_is_told_to_nobody(observed: Observed) -> None:
    assert observed.preflight == "success"
    assert [each.job for each in observed.received if each.job.startswith(PREFLIGHT)] == []


@pytest.mark.parametrize(("job", "tries"), [("fails.stumble", 1), ("retries.insist", 2)])
def test_each_try_is_a_run(observed: Observed, job: str, tries: int) -> None:
    runs = {each.run for each in observed.events(job=job)}
    # The provider's first release gives a failure another run than its start.
    has_first_provider = _is_before(observed, "2.8") and not _is_before(observed, "2.7")
    assert len(runs) == tries + has_first_provider


def test_mapped_tasks_are_runs_of_their_own_since_airflow_2_11(observed: Observed) -> None:
    runs = {each.run for each in observed.events(job="maps.count")}
    assert len(runs) == (1 if _is_before(observed, "2.11") else 2)


def test_every_dag_tells_its_start_first(observed: Observed) -> None:
    found = {dag: observed.events(job=dag)[0].kind for dag in EVERY_DAG}
    assert found == dict.fromkeys(EVERY_DAG, "START")


def test_every_event_has_the_token_the_address_and_the_namespace(observed: Observed) -> None:
    found = {
        (each.path, each.headers["Authorization"], each.event["job"]["namespace"])
        for each in observed.received
    }
    assert found == {(f"{PATH}api/v1/lineage", f"Bearer {CANARY}", NAMESPACE)}


def test_the_token_is_read_once_for_the_host(observed: Observed) -> None:
    assert observed.secrets_read == 1


def test_events_and_facets_keep_to_the_specification(observed: Observed) -> None:
    found = {each.job: wrong for each in observed.events() if (wrong := mistakes(each.event))}
    assert found == {}


def test_tasks_name_their_dags_run_as_parent(observed: Observed) -> None:
    dag_runs = {each.job: each.run for each in observed.events()}
    for each in observed.events():
        dag, _, task = each.job.partition(".")
        parent = each.facet("run", "parent")
        if parent:
            assert task
            assert (parent["job"]["name"], parent["job"]["namespace"]) == (dag, NAMESPACE)
            assert parent["run"]["runId"] == dag_runs[dag]
        elif task:
            # The provider's first releases name it when a task starts.
            assert each.kind != "START"
            assert _is_before(observed, "2.9")


def test_jobs_say_what_they_are(observed: Observed) -> None:
    for each in observed.events():
        kind = each.facet("job", "jobType")
        if _is_before(observed, "2.9") and not _is_before(observed, "2.7"):
            assert kind is None
        else:
            assert kind
            wanted = "TASK" if "." in each.job else "DAG"
            assert (kind["integration"], kind["jobType"]) == ("AIRFLOW", wanted)


def test_tasks_say_which_airflow_runs_them(observed: Observed) -> None:
    engine = observed.events(job="succeeds.look")[0].facet("run", "processing_engine")
    assert engine
    assert (engine["name"], engine["version"]) == ("Airflow", observed.airflow.version)


def test_a_query_tells_what_it_reads_and_writes(observed: Observed) -> None:
    end = observed.events(job="queries.sum_up")[-1]
    for side, table in (("inputs", "orders"), ("outputs", "totals")):
        (dataset,) = end.event[side]
        assert dataset["namespace"] == "warehouse://warehouse.example.com"
        assert dataset["name"] == f"main.{table}"
        fields = dataset["facets"]["schema"]["fields"]
        assert [(field["name"], field["type"].lower()) for field in fields] == [
            ("day", "text"),
            ("amount", "integer"),
        ]
    sql = end.facet("job", "sql")
    assert sql
    assert sql["query"].startswith("insert into totals")


def test_a_failure_tells_its_error(observed: Observed) -> None:
    (_, end) = observed.events(job="fails.stumble")
    error = end.facet("run", "errorMessage")
    if _is_before(observed, "2.10"):
        assert error is None
    else:
        assert error
        assert error["message"] == "meant to fail"


def test_the_token_is_seen_nowhere(observed: Observed) -> None:
    """One of the tasks shows its environment and all options in its log."""
    home = observed.airflow.home
    assert "OPTIONS" in observed.airflow.logs()
    assert [path for path in home.rglob("*") if _holds_token(path) and not _is_cache(path)] == []


def _is_before(observed: Observed, version: str) -> bool:
    return Version(observed.airflow.version) < Version(version)


def _holds_token(path: Path) -> bool:
    return path.is_file() and CANARY.encode() in path.read_bytes()


def _is_cache(path: Path) -> bool:
    """What only this user's processes may read."""
    return path.parent.name.startswith("mwaa-platform-") and not path.stat().st_mode & 0o077
