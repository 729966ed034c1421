"""What the page reads in an OpenLineage event, whatever the event's shape.

The facets: https://openlineage.io/docs/spec/facets/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column of a dataset with its type, and the columns that it was made from.

    Each of `origins` has a dataset's namespace and name, and a column.
    """

    name: str
    type: str = ""
    origins: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset as an event names it; an event without a schema facet knows no columns."""

    namespace: str
    name: str
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AirflowRun:
    """A DAG's run in Airflow, and the task where the event is of one."""

    dag: str
    run: str
    task: str


@dataclass(frozen=True, kw_only=True)
class Facts:
    """An event's facts; texts are empty, and times None, where the event has none."""

    state: str
    namespace: str
    job: str
    run: str
    time: datetime | None
    inputs: tuple[Dataset, ...] = ()
    outputs: tuple[Dataset, ...] = ()
    airflow: AirflowRun | None = None


def facts_of(event: Mapping[str, Any]) -> Facts:
    """The facts of an event; what has another shape than the specification's is left out."""
    job, run = _mapping(event, "job"), _mapping(event, "run")
    return Facts(
        state=_text(event, "eventType"),
        namespace=_text(job, "namespace"),
        job=_text(job, "name"),
        run=_text(run, "runId"),
        time=_time(_text(event, "eventTime")),
        inputs=tuple(_datasets(event, "inputs")),
        outputs=tuple(_datasets(event, "outputs")),
        airflow=_airflow(_mapping(run, "facets")),
    )


def _airflow(facets: Mapping[str, Any]) -> AirflowRun | None:
    """From the facets of Airflow's provider, which has one for tasks and one for DAGs."""
    facet = _mapping(facets, "airflow") or _mapping(facets, "airflowDagRun")
    dag, run = _text(_mapping(facet, "dag"), "dag_id"), _text(_mapping(facet, "dagRun"), "run_id")
    if not (dag and run):
        return None
    task = _text(_mapping(facet, "task"), "task_id")
    return AirflowRun(dag=dag, run=run, task=task)


def _datasets(event: Mapping[str, Any], key: str) -> Iterator[Dataset]:
    for each in _mappings(event, key):
        facets = _mapping(each, "facets")
        if name := _text(each, "name"):
            yield Dataset(
                namespace=_text(each, "namespace"), name=name, fields=tuple(_fields(facets))
            )


def _fields(facets: Mapping[str, Any]) -> Iterator[Field]:
    """The columns of the schema facet, then those that the column lineage facet alone names."""
    types = {
        _text(field, "name"): _text(field, "type")
        for field in _mappings(_mapping(facets, "schema"), "fields")
    }
    lineage = _mapping(_mapping(facets, "columnLineage"), "fields")
    for name in dict.fromkeys([*types, *lineage]):
        origins = tuple(
            (_text(each, "namespace"), _text(each, "name"), _text(each, "field"))
            for each in _mappings(_mapping(lineage, name), "inputFields")
        )
        yield Field(name=name, type=types.get(name, ""), origins=origins)


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _mapping(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, Mapping) else {}


def _mappings(parent: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = parent.get(key)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _text(parent: Mapping[str, Any], key: str) -> str:
    value = parent.get(key)
    return value if isinstance(value, str) else ""
