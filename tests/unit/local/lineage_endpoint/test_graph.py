"""The graph of jobs and datasets, with their columns."""

from __future__ import annotations

from pathlib import Path

from local.lineage_endpoint.graph import MAX_JOBS, as_json, graph_of
from tests.unit.local.lineage_endpoint.events import dataset, event, runs_after

ORDERS = dataset("/data/orders.csv", ["country", "amount"])
TOTALS = dataset("/data/totals.csv", ["total"], total=("/data/orders.csv", "amount"))


def test_data_flows_from_what_is_read_through_the_job_to_what_is_written(tmp_path: Path) -> None:
    graph = graph_of(
        runs_after(
            tmp_path,
            event("START", run="a", job="d.write"),
            event("COMPLETE", run="a", job="d.write", outputs=[ORDERS]),
            event("COMPLETE", run="b", job="d.read", inputs=[ORDERS], outputs=[TOTALS]),
            event("COMPLETE", run="c", job="d"),
        )
    )
    drawn = as_json(graph, {"b": "https://airflow/b"})
    labels = {each["id"]: each["label"] for each in drawn["nodes"]}
    assert sorted((labels[each["source"]], labels[each["target"]]) for each in drawn["edges"]) == [
        ("d.read", "totals.csv"),
        ("d.write", "orders.csv"),
        ("orders.csv", "d.read"),
    ]
    by_label = {each["label"]: each for each in drawn["nodes"]}
    assert by_label["totals.csv"]["columns"] == [
        {"name": "total", "type": "string", "from": ["orders.csv: amount"]}
    ]
    assert (by_label["d.read"]["link"], by_label["d.write"]["link"]) == ("https://airflow/b", "")
    assert (graph.without_datasets, graph.left_out) == (1, 0)


def test_a_job_has_what_its_newest_run_with_datasets_had(tmp_path: Path) -> None:
    graph = graph_of(
        runs_after(
            tmp_path,
            event("COMPLETE", run="a", outputs=[dataset("old")]),
            event("COMPLETE", run="b", outputs=[dataset("new")]),
            event("START", run="c"),
        )
    )
    (job,) = graph.jobs
    assert [each.name for each in graph.targets(job)] == ["new"]
    assert graph.without_datasets == 0


def test_the_same_names_in_two_environments_are_two_jobs_and_one_dataset(tmp_path: Path) -> None:
    graph = graph_of(
        runs_after(
            tmp_path,
            event(run="a", namespace="Env1", outputs=[ORDERS]),
            event(run="b", namespace="Env2", outputs=[ORDERS]),
        )
    )
    assert [each.identity[1] for each in graph.jobs] == ["Env1", "Env2"]
    assert len(graph.nodes) == 3


def test_what_is_known_of_columns_adds_up(tmp_path: Path) -> None:
    """Each job tells what it knows, in any order."""
    graph = graph_of(
        runs_after(
            tmp_path,
            event(run="a", job="a", outputs=[TOTALS]),
            event(run="b", job="b", inputs=[dataset("/data/totals.csv", ["total", "other"])]),
        )
    )
    fields = graph.nodes["dataset", "file", "/data/totals.csv"].fields
    assert set(fields) == {"total", "other"}
    assert fields["total"].origins == (("file", "/data/orders.csv", "amount"),)


def test_the_newest_jobs_are_drawn_where_there_are_too_many(tmp_path: Path) -> None:
    events = [event(run=f"{n}", job=f"job {n}", outputs=[ORDERS]) for n in range(MAX_JOBS + 3)]
    graph = graph_of(runs_after(tmp_path, *events))
    names = {each.name for each in graph.jobs}
    assert len(names) == MAX_JOBS
    assert f"job {MAX_JOBS + 2}" in names
    assert "job 2" not in names
    assert graph.left_out == 3


def test_datasets_of_another_shape_are_left_out(tmp_path: Path) -> None:
    odd = [None, 5, {"name": 1}, {"name": "", "facets": []}, dataset("good")]
    bent = {
        "name": "bent",
        "facets": {"schema": {"fields": [1, {"name": "a"}]}, "columnLineage": 3},
    }
    graph = graph_of(runs_after(tmp_path, event(run="a", outputs=[*odd, bent]), {"inputs": "x"}))
    assert {name for kind, _, name in graph.nodes if kind == "dataset"} == {"good", "bent"}
