"""Constraints of MWAA's images: the only version of each package that pip installs there.

For each Airflow version whose image is published: `airflow-<version>.txt`, which MWAA applies to a
requirements.txt that names no constraints, `essential-<version>.txt`, which it always applies, and
`installed-<version>.txt`, the packages that the image has. `apache.toml` has what Apache's
published constraints pin otherwise. `python -m mwaa.constraints` makes them from
https://github.com/aws/amazon-mwaa-docker-images.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parent


def constraints_file(version: str) -> Path:
    """The file of an Airflow version's constraints, which exists if they are known."""
    return FOLDER / f"airflow-{version}.txt"


def essential_file(version: str) -> Path:
    """The file of what no requirements.txt may change, which exists if the image is known."""
    return FOLDER / f"essential-{version}.txt"


def installed_file(version: str) -> Path:
    """The file of the packages in an image, which exists if the image is known."""
    return FOLDER / f"installed-{version}.txt"


def apache_file() -> Path:
    """The file of what Apache's published constraints pin otherwise, by version."""
    return FOLDER / "apache.toml"


def constraints(version: str) -> Mapping[str, str]:
    """The pinned version of each package by its normal name; empty where they are not known."""
    return _pins(constraints_file(version))


def essential(version: str) -> Mapping[str, str]:
    """The versions of Airflow and of what MWAA builds on; empty where they are not known."""
    return _pins(essential_file(version))


def installed(version: str) -> Mapping[str, str]:
    """The version of each package that the image has; empty where they are not known."""
    return _pins(installed_file(version))


@cache
def differences() -> Mapping[str, Mapping[str, str]]:
    """The versions that Apache's published constraints pin otherwise, by Airflow version."""
    return tomllib.loads(apache_file().read_text("utf-8"))


def differs_from_apache(version: str) -> bool:
    """Whether pip would install other versions under the constraints that Apache publishes."""
    return version in differences()


def read_pins(lines: Iterable[str]) -> Mapping[str, str]:
    """The version that each line pins exactly, by the package's normal name; other lines do not
    count.

    Raises InvalidRequirement for a line that is no requirement.
    """
    stated = (line.partition("#")[0].strip() for line in lines)
    exact = (
        (canonicalize_name(pin.name), next(iter(pin.specifier)))
        for pin in map(Requirement, filter(None, stated))
        if len(pin.specifier) == 1
    )
    return {name: each.version for name, each in exact if each.operator == "=="}


@cache
def _pins(file: Path) -> Mapping[str, str]:
    return read_pins(file.read_text("utf-8").splitlines()) if file.exists() else {}
