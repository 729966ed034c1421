"""What pip installs beside an image of MWAA when OpenMetadata's package is wanted.

One lock for each pair of an Airflow and an OpenMetadata, made by `python -m
tests.openmetadata.pins`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parent
PYTHON = ">=3.11,<3.12"


class Pair(NamedTuple):
    """An Airflow and the server that it sends lineage to, whose version is the package's."""

    airflow: str
    openmetadata: str

    @property
    def lock(self) -> Path:
        return FOLDER / f"airflow-{self.airflow}-openmetadata-{self.openmetadata}.txt"

    def __str__(self) -> str:
        return f"{self.openmetadata} on {self.airflow}"


NEWEST = Pair("2.11.2", "1.12.14")
"""OpenMetadata 1.13 and later want an SQLAlchemy that no Airflow 2 runs with."""

PAIRS = (Pair("2.10.3", "1.10.14"), NEWEST)
"""Before 1.3 the package does not run on Python 3.11: its models have patterns which that refuses,
and before 1.0 it wants a gRPC or a pandas that there is not for it."""


def pinned(lock: Path) -> dict[str, str]:
    """The versions that a lock has, by the package's name."""
    lines = (line.partition(";")[0].strip() for line in lock.read_text().splitlines())
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}
