"""OpenLineage clients, each installed with the packages of an Airflow version."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from errors import PlatformError
from local.layout import CACHE
from local.pins import PYTHON, pins
from local.toolchain import virtual_environment


@dataclass(frozen=True)
class Client:
    """An installed OpenLineage client."""

    version: Version
    python: Path


def installed_client(airflow: str, version: str | None, folder: Path) -> Client:
    """The client of an Airflow version, or another `version` of it; `folder` is for its pins."""
    lock = pins(airflow).read_text()
    if version:
        lock = re.sub(r"(?m)^openlineage-python==.*", f"openlineage-python=={version}", lock)
    constraints = folder / "constraints.txt"
    constraints.write_text(lock)
    python = virtual_environment(
        CACHE / f"openlineage-{hashlib.sha256(lock.encode()).hexdigest()[:12]}",
        python=PYTHON,
        requirements="openlineage-python\nbotocore\nsetuptools",
        constraints=constraints,
        failure=PlatformError("The OpenLineage client could not be installed.", remedy=""),
    )
    (found,) = re.findall(r"(?m)^openlineage-python==(\S+)", lock)
    return Client(Version(found), python)
