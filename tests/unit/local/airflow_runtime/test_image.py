"""Packages of an Airflow that is to be as MWAA's image has it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from errors import PlatformError
from local.airflow_runtime.image import image_preferences, image_providers, write_closest_pins
from local.pins import locked_versions
from tests.package_index import package_index
from tests.unit.artifacts.wheels import make_wheel

FAILURE = PlatformError("It does not fit.", remedy="Change it.")


def test_versions_of_the_image_are_taken_where_they_can_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image's numbers is for another Python, so that this one cannot have it."""
    (folder := tmp_path / "index").mkdir()
    for version in ("1.0", "2.0", "3.0"):
        make_wheel(folder, "warehouse", version, requires=["numbers", "base"])
        make_wheel(folder, "base", version)
    make_wheel(folder, "numbers", "1.0")
    (constraints := tmp_path / "lock.txt").write_text("base==1.0\n")
    pins = tmp_path / "cache" / "pins.txt"
    with package_index({each.name: each.read_bytes() for each in folder.iterdir()}) as index:
        for name, value in index.settings(tmp_path / "uv").items():
            monkeypatch.setenv(name, value)
        write_closest_pins(
            pins,
            "warehouse",
            "base==3.0\nnumbers==2.0\nunasked==1.0\nwarehouse==2.0\n",
            python=sys.executable,
            constraints=constraints,
            failure=FAILURE,
        )
    assert pins.read_text().split() == ["base==1.0", "numbers==1.0", "warehouse==2.0"]


@pytest.mark.parametrize("version", locked_versions())
def test_providers_that_dags_import_without_asking_for_them_are_there(version: str) -> None:
    assert "apache-airflow-providers-postgres" in image_providers(version)
    preferred = image_preferences(version).splitlines()
    assert any(line.startswith("apache-airflow-providers-snowflake==") for line in preferred)
