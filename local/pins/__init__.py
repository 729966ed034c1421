"""Lock files of the packages in MWAA's images, one for each Airflow version.

They install on this machine's Python; `python -m local.pins` creates them.
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
"""Versions whose images' pins are not known: the date limits the packages to those that PyPI had
by the day of Airflow's release. For tests only: the local sign-in needs the FAB provider of 2.9."""

EXTRA_CONSTRAINTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"2.8.1": ("flask-session<0.6",)}
)
"""Constraints on packages whose newest release by that date keeps Airflow from starting."""


def pins(version: str) -> Path:
    """The lock file of an Airflow version. Raises PlatformError where there is none."""
    path = FOLDER / f"airflow-{version}.txt"
    if not path.exists():
        raise _unsupported(version)
    return path


def locked_versions() -> list[str]:
    """The Airflow versions with the pins of their images, oldest first."""
    found = {path.stem.removeprefix("airflow-") for path in FOLDER.glob("airflow-*.txt")}
    return sorted(found - {*SNAPSHOTS}, key=Version)


def check_supported(version: str) -> None:
    """Raises PlatformError for a version that the local platform cannot run."""
    if version not in locked_versions():
        raise _unsupported(version)


def preinstalled(version: str) -> tuple[str, ...]:
    """The packages that the platform needs of MWAA's image of this version, besides Airflow."""
    amazon = "apache-airflow-providers-amazon"
    return (amazon,) if version in SNAPSHOTS else (amazon, "apache-airflow-providers-fab")


def python_range(version: str) -> str:
    """The Python versions of a lock, as a version specifier."""
    return PYTHON_OF_SNAPSHOTS if version in SNAPSHOTS else PYTHON


def _unsupported(version: str) -> PlatformError:
    return PlatformError(
        f"Airflow {version} does not run on one machine.",
        place="MwaaEnvironments",
        remedy=f"Give the environment one of {', '.join(locked_versions())} to try it here.",
    )
