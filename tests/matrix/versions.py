"""Versions of Airflow that the tests run, and those that they run by default."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from _pytest.mark import ParameterSet
from packaging.version import Version

BY_DEFAULT = ("2.10.3", "3.3.1")
EVERY = (
    "2.5.1",
    "2.6.3",
    "2.7.2",
    "2.8.1",
    "2.9.2",
    "2.10.1",
    "2.10.3",
    "2.11.0",
    "2.11.2",
    "3.0.6",
    "3.2.1",
    "3.3.1",
)

FIRST = Version(EVERY[0])
FIRST_WITH_PROVIDER = Version("2.7")
FIRST_WITH_SEVERAL_CATALOGUES = Version("2.10.1")
FIRST_WITH_EXECUTION_API = Version("3.0")
FIRST_WITHOUT_BACKENDS = Version("3.0")
FIRST_WITH_HIDDEN_VALUES = Version("3.2")


def parameters(
    *,
    since: Version = FIRST,
    before: Version | None = None,
    by_default: Collection[str] = BY_DEFAULT,
) -> list[ParameterSet]:
    """Every version of a range as a parameter, all tests of one on the same worker."""
    return [
        pytest.param(
            version,
            marks=[
                pytest.mark.xdist_group(f"airflow-{version}"),
                *(() if version in by_default else (pytest.mark.all_versions,)),
            ],
        )
        for version in EVERY
        if since <= Version(version) and not (before and before <= Version(version))
    ]
