"""From runs to a graph of jobs and datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from local.lineage_endpoint.facts import Dataset, Field
from local.lineage_endpoint.runs import Run

MAX_JOBS = 150
"""A graph with more takes a browser seconds to lay out, and nobody sees anything in it."""

Identity = tuple[Literal["job", "dataset"], str, str]
"""Kind, namespace and name of a node."""


@dataclass(kw_only=True)
class Node:
    """A job or a dataset; `run` is a job's newest, `fields` are a dataset's columns."""

    identity: Identity
    run: Run | None = None
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """A text that is the identity."""
        return "\n".join(self.identity)

    @property
    def name(self) -> str:
        """The name in its namespace."""
        return self.identity[2]

    @property
    def label(self) -> str:
        """A short name: of a path its last part."""
        return self.name.rstrip("/").rpartition("/")[2] or self.name


@dataclass(kw_only=True)
class Graph:
    """The nodes by identity, and from which to which data flows.

    `without_datasets` and `left_out` count the jobs that are not drawn: those whose events name no
    dataset, and those beyond MAX_JOBS.
    """

    nodes: dict[Identity, Node] = field(default_factory=dict)
    edges: dict[tuple[Identity, Identity], None] = field(default_factory=dict)
    without_datasets: int = 0
    left_out: int = 0

    @property
    def jobs(self) -> list[Node]:
        """The jobs, by namespace and name."""
        found = [each for identity, each in self.nodes.items() if identity[0] == "job"]
        return sorted(found, key=lambda each: each.identity)

    def sources(self, node: Node) -> list[Node]:
        """The nodes from which data flows into a node."""
        return [self.nodes[source] for source, target in self.edges if target == node.identity]

    def targets(self, node: Node) -> list[Node]:
        """The nodes into which data flows from a node."""
        return [self.nodes[target] for source, target in self.edges if source == node.identity]


def graph_of(runs: Iterable[Run]) -> Graph:
    """The graph of runs, the newest of which stand first; each job has what its newest run had."""
    graph, seen = Graph(), set[Identity]()
    empty: set[Identity] = set()
    for run in runs:
        job: Identity = ("job", run.namespace, run.job)
        reads = [each for event in run.events for each in event.facts.inputs]
        writes = [each for event in run.events for each in event.facts.outputs]
        if job in seen:
            continue
        if not (reads or writes):
            empty.add(job)
            continue
        seen.add(job)
        if len(seen) > MAX_JOBS:
            continue
        graph.nodes[job] = Node(identity=job, run=run)
        graph.edges |= {(_add(graph, each), job): None for each in reads}
        graph.edges |= {(job, _add(graph, each)): None for each in writes}
    graph.left_out = max(0, len(seen) - MAX_JOBS)
    graph.without_datasets = len(empty - seen)
    return graph


def as_json(graph: Graph, links: Mapping[str, str]) -> dict[str, Any]:
    """The graph for the page's script; `links` has the address of a run in Airflow by its key."""
    return {
        "nodes": [
            {
                "id": node.id,
                "kind": node.identity[0],
                "namespace": node.identity[1],
                "name": node.name,
                "label": node.label,
                "columns": [_column(each) for each in node.fields.values()],
                "state": node.run.state if node.run else "",
                "link": links.get(node.run.key, "") if node.run else "",
            }
            for node in graph.nodes.values()
        ],
        "edges": [
            {"source": graph.nodes[source].id, "target": graph.nodes[target].id}
            for source, target in graph.edges
        ],
        "left_out": graph.left_out,
    }


def _add(graph: Graph, dataset: Dataset) -> Identity:
    """The dataset's node, with the columns that newer events have not told yet."""
    identity: Identity = ("dataset", dataset.namespace, dataset.name)
    fields = graph.nodes.setdefault(identity, Node(identity=identity)).fields
    for each in dataset.fields:
        known = fields.get(each.name)
        if not known or (each.origins and not known.origins):
            fields[each.name] = each
    return identity


def _column(column: Field) -> dict[str, Any]:
    origins = [
        f"{Node(identity=('dataset', namespace, name)).label}: {field}"
        for namespace, name, field in column.origins
    ]
    return {"name": column.name, "type": column.type, "from": origins}
