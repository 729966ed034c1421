"""Locks of MWAA's versions, equal to what the generator writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from errors import PlatformError
from local.pins import FOLDER, SNAPSHOTS, check_supported, locked_versions, pins
from local.pins.lock import LOCKABLE, write_lock
from mwaa.versions import AIRFLOW_VERSIONS


def test_every_version_whose_image_is_known_runs_on_one_machine() -> None:
    known = {entry.version for entry in AIRFLOW_VERSIONS.values() if entry.openlineage_provider}
    assert set(locked_versions()) == known - {*SNAPSHOTS}


@pytest.mark.parametrize("version", locked_versions())
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
        version = lock.stem.removeprefix("airflow-")
        lines = lock.read_text().splitlines()
        assert version in lines[0]
        assert ("are not known here" in lines[0]) == (version in SNAPSHOTS)
        pinned = [line for line in lines if not line.startswith("# ")]
        assert all("==" in line and "://" not in line for line in pinned)


@pytest.mark.parametrize("version", [*SNAPSHOTS, "2.4.3"])
def test_other_versions_are_refused_by_name(version: str) -> None:
    with pytest.raises(PlatformError) as caught:
        check_supported(version)
    assert caught.value.message == f"Airflow {version} does not run on one machine."
    assert "2.10.3" in caught.value.remedy


def test_a_version_without_a_lock_cannot_be_installed() -> None:
    with pytest.raises(PlatformError):
        pins("2.4.3")
