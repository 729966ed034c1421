"""Constraints of MWAA's images: the only version of each package that pip installs there.

A file for each Airflow version whose image is published, made by
`python -m mwaa.constraints`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parent


def constraints_file(version: str) -> Path:
    """The file of an Airflow version's constraints, which exists if they are known."""
    return FOLDER / f"airflow-{version}.txt"


@cache
def constraints(version: str) -> Mapping[str, str]:
    """The pinned version of each package by its normal name; empty where they are not known."""
    file = constraints_file(version)
    if not file.exists():
        return {}
    lines = (line for line in file.read_text().splitlines() if not line.startswith("#"))
    return {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in map(Requirement, lines)
    }
