"""Licences that the packages of a CycloneDX bill declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

NONE = "not declared"
EMPTY_CLASSIFIER = "License :: OSI Approved"


class Package(NamedTuple):
    """A package of a part."""

    part: str
    name: str
    version: str
    licence: str


def packages(part: str, bill: Mapping[str, Any]) -> list[Package]:
    """The packages of a bill, with what each declares: SPDX where it does."""
    return [
        Package(part, component["name"], component["version"], licence(component))
        for component in bill["components"]
    ]


def licence(component: Mapping[str, Any]) -> str:
    """What a component declares: names of classifiers count where there is nothing in SPDX."""
    entries = component.get("licenses", [])
    spdx = [
        entry.get("expression") or entry["license"]["id"]
        for entry in entries
        if "expression" in entry or "id" in entry["license"]
    ]
    names = [entry["license"]["name"] for entry in entries if "name" in entry.get("license", {})]
    classified = [name.split(" :: ")[-1] for name in names if name != EMPTY_CLASSIFIER]
    return " AND ".join(spdx) or ", ".join(classified) or NONE
