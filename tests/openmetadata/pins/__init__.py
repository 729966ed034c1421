"""Locked packages of an Airflow of MWAA together with OpenMetadata's client.

One lock for each pair of an Airflow and an OpenMetadata, made by `python -m
tests.openmetadata.pins`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import Version

from mwaa.versions import airflow_version

FOLDER = Path(__file__).parent
PYTHON = "3.11"
"""On this one Airflow from 2.7 on is tried here."""


class Pair(NamedTuple):
    """An Airflow and the server that it sends lineage to, whose version is the package's."""

    airflow: str
    openmetadata: str

    @property
    def lock(self) -> Path:
        return FOLDER / f"airflow-{self.airflow}-openmetadata-{self.openmetadata}.txt"

    @property
    def python(self) -> str:
        """The Python that it is locked for and runs on: MWAA's own where that is an old one."""
        return min(airflow_version(self.airflow).python, PYTHON, key=Version)

    def __str__(self) -> str:
        return f"{self.openmetadata} on {self.airflow}"


NEWEST = Pair("2.11.2", "1.12.14")
"""OpenMetadata 1.13 and later want an SQLAlchemy that no Airflow 2 runs with."""

LAST_WITH_WAYS = Pair("2.6.3", "1.1.7")
"""The last that takes anything but a JWT. Before 1.3 the package does not run on Python 3.11, which
MWAA has from Airflow 2.7 on: its models have patterns that it refuses."""

PAIRS = (
    Pair("2.6.3", "1.0.5"),
    LAST_WITH_WAYS,
    Pair("2.6.3", "1.2.5"),
    Pair("2.7.2", "1.3.4"),
    Pair("2.9.2", "1.4.8"),
    Pair("2.10.3", "1.6.13"),
    Pair("2.10.3", "1.9.17"),
    Pair("2.10.3", "1.10.14"),
    Pair("2.11.2", "1.11.14"),
    NEWEST,
)
"""Of each way that OpenMetadata's package has had of its own, one at least."""


def pinned(lock: Path) -> dict[str, str]:
    """The versions that a lock has, by the package's name."""
    lines = (line.partition(";")[0].strip() for line in lock.read_text().splitlines())
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def interpreter(python: str) -> str:
    """An interpreter of pyenv's, of which uv finds only those that are switched on; else any."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = (pyenv / "versions").glob(f"{python}.*/bin/python{python}")
    return str(next(found, python))
