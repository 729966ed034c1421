"""Events as an Airflow sends them, and the receiving of some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.lineage_endpoint.events import Events
from local.lineage_endpoint.runs import Run, runs_of

RUN = "01a229bb-0000-7000-8000-000000000001"


def event(
    state: str = "START",
    namespace: str = "Env1",
    job: str = "hello.write",
    *,
    run: str = "",
    time: str = "",
    inputs: Sequence[Any] = (),
    outputs: Sequence[Any] = (),
    facets: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An OpenLineage event, with as much as is given."""
    return {
        "eventType": state,
        "job": {"namespace": namespace, "name": job},
        **({"eventTime": time} if time else {}),
        **({"run": {"runId": run, "facets": facets or {}}} if run else {}),
        **({"inputs": inputs} if inputs else {}),
        **({"outputs": outputs} if outputs else {}),
    }


def dataset(name: str, columns: Sequence[str] = (), **origins: tuple[str, str]) -> dict[str, Any]:
    """A file with columns, some of which are made from a column of another file."""
    facets: dict[str, Any] = {}
    if columns:
        facets["schema"] = {"fields": [{"name": each, "type": "string"} for each in columns]}
    if origins:
        facets["columnLineage"] = {
            "fields": {
                column: {"inputFields": [{"namespace": "file", "name": file, "field": field}]}
                for column, (file, field) in origins.items()
            }
        }
    return {"namespace": "file", "name": name, "facets": facets}


def airflow_facets(task: str = "") -> dict[str, Any]:
    """The facets of Airflow's provider, for a task or for the DAG's run."""
    common = {"dag": {"dag_id": "hello"}, "dagRun": {"run_id": "manual__2026-11-29T00:00:00+00:00"}}
    return {"airflow": {**common, "task": {"task_id": task}}} if task else {"airflowDagRun": common}


def runs_after(folder: Path, *events: Mapping[str, Any]) -> list[Run]:
    """The runs of the received events."""
    received = Events(folder / "lineage.jsonl")
    for each in events:
        received.add(path="/", authorization=None, event=each)
    return runs_of(received.oldest_first())
