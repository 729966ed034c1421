"""The locks hold MWAA's versions, and are what the generator would write."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.errors import PlatformError
from local.pins import FOLDER, locked_versions, pins
from local.pins.lock import LOCKABLE, write_lock
from mwaa_platform.airflow_versions import AIRFLOW_VERSIONS


def test_every_version_with_lineage_runs_on_one_machine() -> None:
    assert set(locked_versions()) == set(LOCKABLE)


@pytest.mark.parametrize("version", LOCKABLE)
def test_lock_has_the_versions_of_the_image(version: str) -> None:
    entry = AIRFLOW_VERSIONS[version]
    assert {
        f"apache-airflow=={version}",
        f"apache-airflow-providers-amazon=={entry.amazon_provider}",
        f"apache-airflow-providers-openlineage=={entry.openlineage_provider}",
        f"openlineage-python=={entry.openlineage_python}",
    } <= set(pins(version).read_text().splitlines())


@pytest.mark.parametrize("version", LOCKABLE)
def test_lock_is_what_the_generator_writes(version: str, tmp_path: Path) -> None:
    """Needs the package index. The versions that are locked already are kept where they can be."""
    lock = tmp_path / "lock.txt"
    shutil.copy(pins(version), lock)
    write_lock(version, lock, constraints=None)
    assert lock.read_text() == pins(version).read_text()


def test_lock_names_no_index_and_no_folder() -> None:
    for lock in FOLDER.glob("*.txt"):
        header, *lines = lock.read_text().splitlines()
        assert header.startswith("# The packages of MWAA's image for Airflow ")
        assert all("==" in line and "://" not in line for line in lines)


def test_other_versions_are_refused_by_name() -> None:
    with pytest.raises(PlatformError) as caught:
        pins("2.7.2")
    assert caught.value.what == "Airflow 2.7.2 does not run on one machine."
    assert "2.10.3" in caught.value.remedy
