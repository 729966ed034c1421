"""The packages of MWAA's images, as locks that install on this machine's Python.

One lock for each Airflow version, made by `python -m local.pins`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from packaging.version import Version

from errors import PlatformError

FOLDER = Path(__file__).parent
PYTHON = ">=3.11,<3.13"
"""Every Airflow of MWAA's table from 2.9.2 on runs on both."""

PYTHON_OF_SNAPSHOTS = ">=3.11,<3.12"

SNAPSHOTS: Mapping[str, str] = MappingProxyType(
    {"2.5.1": "2023-01-21", "2.6.3": "2023-07-11", "2.7.2": "2023-10-13", "2.8.1": "2024-01-20"}
)
"""Versions whose images' pins are not known here. What PyPI had before the given day, the one
after Airflow's release, stands in for them. Their Airflow is for tests: the local sign-in needs the
FAB provider, which came with 2.9."""

EXTRA_CONSTRAINTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"2.8.1": ("flask-session<0.6",)}
)
"""Releases of those days with which Airflow does not start; its own constraints have older ones."""


def pins(version: str) -> Path:
    """The lock of an Airflow version; PlatformError where there is none."""
    path = FOLDER / f"airflow-{version}.txt"
    if not path.exists():
        raise _refused(version)
    return path


def locked_versions() -> list[str]:
    """The Airflow versions that run on one machine with their images' pins, oldest first."""
    found = {path.stem.removeprefix("airflow-") for path in FOLDER.glob("airflow-*.txt")}
    return sorted(found - {*SNAPSHOTS}, key=Version)


def check_supported(version: str) -> None:
    """Raises PlatformError for a version that the platform on one machine cannot run."""
    if version not in locked_versions():
        raise _refused(version)


def preinstalled(version: str) -> tuple[str, ...]:
    """What MWAA's image of this version brings beside Airflow, as far as the platform needs it."""
    amazon = "apache-airflow-providers-amazon"
    return (amazon,) if version in SNAPSHOTS else (amazon, "apache-airflow-providers-fab")


def python_range(version: str) -> str:
    """The Pythons that a lock is for, as a version specifier."""
    return PYTHON_OF_SNAPSHOTS if version in SNAPSHOTS else PYTHON


def _refused(version: str) -> PlatformError:
    return PlatformError(
        f"Airflow {version} does not run on one machine.",
        place="MwaaEnvironments",
        remedy=f"Give the environment one of {', '.join(locked_versions())} to try it here.",
    )
