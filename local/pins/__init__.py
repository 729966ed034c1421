"""The packages of MWAA's images, as locks that install on this machine's Python.

One lock for each Airflow version, made by `python -m local.pins`.
"""

from __future__ import annotations

from pathlib import Path

from packaging.version import Version

from cli.errors import PlatformError

FOLDER = Path(__file__).parent
PYTHON = ">=3.11,<3.13"
"""Every Airflow of MWAA's table from 2.9.2 on runs on both."""

PREINSTALLED = ("apache-airflow-providers-amazon", "apache-airflow-providers-fab")
"""What MWAA's images bring beside Airflow, as far as the platform needs it."""


def pins(version: str) -> Path:
    """The lock of an Airflow version; PlatformError where there is none."""
    path = FOLDER / f"airflow-{version}.txt"
    if not path.exists():
        raise PlatformError(
            f"Airflow {version} does not run on one machine.",
            where="MwaaEnvironments",
            remedy=f"Give the environment one of {', '.join(locked_versions())} to try it here.",
        )
    return path


def locked_versions() -> list[str]:
    """The Airflow versions that have a lock, oldest first."""
    found = (path.stem.removeprefix("airflow-") for path in FOLDER.glob("airflow-*.txt"))
    return sorted(found, key=Version)
