"""Validation of events and facets against OpenLineage's published JSON schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

SPECIFICATION = Path(__file__).parent / "spec"
# What a facet's file is named for ends its name; the longer first.
KINDS = ("InputDatasetFacet", "OutputDatasetFacet", "DatasetFacet", "JobFacet", "RunFacet")

Json = Mapping[str, Any]


def mistakes(event: Json) -> list[str]:
    """What the event and its facets have that the specification forbids."""
    found = [_sentence("event", error) for error in _validator(_event_schema()).iter_errors(event)]
    for kind, name, facet in facets(event):
        if schema := _facet_schemas().get((kind, name)):
            errors = _validator(schema).iter_errors({name: facet})
            found += [_sentence(f"{kind} {name}", error) for error in errors]
    return found


def facets(event: Json) -> Iterator[tuple[str, str, Json]]:
    """Each facet with its kind and its name."""
    for kind, holder, key in _holders(event):
        for name, facet in holder.get(key, {}).items():
            yield kind, name, facet


def published_facets() -> set[tuple[str, str]]:
    """Kind and name of every facet that the specification has; others are Airflow's own."""
    return {*_facet_schemas()}


def _holders(event: Json) -> Iterator[tuple[str, Json, str]]:
    yield "JobFacet", event["job"], "facets"
    yield "RunFacet", event["run"], "facets"
    for side, kind in (("inputs", "InputDatasetFacet"), ("outputs", "OutputDatasetFacet")):
        for dataset in event.get(side) or ():
            yield "DatasetFacet", dataset, "facets"
            yield kind, dataset, f"{side[:-1]}Facets"


@cache
def _registry() -> Registry[Any]:
    schemas = [json.loads(path.read_text()) for path in SPECIFICATION.rglob("*.json")]
    resources = ((schema["$id"], Resource.from_contents(schema)) for schema in schemas)
    return Registry().with_resources(resources)


@cache
def _facet_schemas() -> Mapping[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for path in (SPECIFICATION / "facets").glob("*.json"):
        schema = json.loads(path.read_text())
        if kind := next((each for each in KINDS if path.stem.endswith(each)), None):
            found |= {(kind, name): schema["$id"] for name in schema["properties"]}
    return found


@cache
def _event_schema() -> str:
    identifier = json.loads((SPECIFICATION / "OpenLineage.json").read_text())["$id"]
    return f"{identifier}#/$defs/RunEvent"


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": schema},
        registry=_registry(),
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )


def _sentence(what: str, error: Any) -> str:
    return f"{what}: {'/'.join(map(str, error.absolute_path))}: {error.message}"
