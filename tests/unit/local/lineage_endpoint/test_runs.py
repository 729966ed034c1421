"""Runs: which events are of one, its state, duration and place in Airflow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from local.lineage_endpoint.airflow_links import WebServer, address
from local.lineage_endpoint.runs import matching
from local.lineage_endpoint.times import duration
from tests.unit.local.lineage_endpoint.events import airflow_facets, event, runs_after

START, END = "2026-11-29T10:00:00Z", "2026-11-29T10:01:05.400+00:00"


def test_a_run_has_its_events_its_last_state_and_its_duration(tmp_path: Path) -> None:
    (other, run) = runs_after(
        tmp_path,
        event("START", run="a", time=START),
        event("START", run="b", time=END),
        event("COMPLETE", run="a", time=END),
    )
    assert [each.number for each in run.events] == [1, 3]
    assert (run.state, run.duration) == ("COMPLETE", timedelta(seconds=65.4))
    assert (other.state, other.duration) == ("START", None)


def test_an_end_that_came_before_the_start_is_the_end(tmp_path: Path) -> None:
    (run,) = runs_after(
        tmp_path, event("FAIL", run="a", time=END), event("START", run="a", time=START)
    )
    assert (run.state, run.duration) == ("FAIL", timedelta(seconds=65.4))


def test_events_without_a_run_are_runs_of_their_own(tmp_path: Path) -> None:
    assert len(runs_after(tmp_path, event(), event(), {"run": {"runId": 5}})) == 3


def test_a_time_without_a_zone_is_one_of_utc(tmp_path: Path) -> None:
    (run,) = runs_after(
        tmp_path,
        event("START", run="a", time=START.removesuffix("Z")),
        event("COMPLETE", run="a", time=END),
    )
    assert run.duration == timedelta(seconds=65.4)


def test_runs_are_narrowed_by_the_state_that_they_have_now(tmp_path: Path) -> None:
    runs = runs_after(tmp_path, event("START", run="a"), event("COMPLETE", run="a"))
    assert matching(runs, namespace="", state="START", job="") == []
    assert matching(runs, namespace="Env1", state="COMPLETE", job="HELLO") == runs


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (59.9, "59.9 s"),
        (65.4, "1 min 5 s"),
        (3599, "59 min 59 s"),
        (7380, "2 h 3 min"),
    ],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("major", "task", "path"),
    [
        (2, "", "grid?dag_run_id=manual__2026-11-29T00%3A00%3A00%2B00%3A00"),
        (2, "write", "grid?dag_run_id=manual__2026-11-29T00%3A00%3A00%2B00%3A00&task_id=write"),
        (3, "", "runs/manual__2026-11-29T00%3A00%3A00%2B00%3A00"),
        (3, "a/b", "runs/manual__2026-11-29T00%3A00%3A00%2B00%3A00/tasks/a%2Fb"),
    ],
)
def test_a_run_has_an_address_in_airflow(tmp_path: Path, major: int, task: str, path: str) -> None:
    (run,) = runs_after(
        tmp_path,
        event("START", run="a", facets=airflow_facets(task)),
        # The end may tell less than the start.
        event("COMPLETE", run="a"),
    )
    web_server = WebServer(url="https://env1.localhost:8446", major=major)
    assert run.airflow
    assert address(web_server, run.airflow) == f"https://env1.localhost:8446/dags/hello/{path}"
