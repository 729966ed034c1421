"""The plugin's file, run as Airflow runs it, with settings that are right and wrong."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from local.layout import ROOT

FILE = "mwaa_platform_lineage.py"
PREFIX = "AIRFLOW__OPENLINEAGE__"


@pytest.fixture(autouse=True)
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As much of Airflow as the file imports, and an environment that is put back."""
    plugins_manager = ModuleType("airflow.plugins_manager")
    plugins_manager.AirflowPlugin = type("AirflowPlugin", (), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "airflow", ModuleType("airflow"))
    monkeypatch.setitem(sys.modules, "airflow.plugins_manager", plugins_manager)
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "airflow_files" / "lineage" / FILE, tmp_path)
    return tmp_path


def load(plugins: Path, settings: str | None) -> dict[str, str]:
    """What the environment holds for OpenLineage after the file has run."""
    if settings is not None:
        (plugins / "mwaa_platform_lineage.json").write_text(settings, encoding="utf-8")
    runpy.run_path(str(plugins / FILE))
    return {
        key.removeprefix(PREFIX): value
        for key, value in os.environ.items()
        if key.startswith(PREFIX)
    }


def settings(**changes: object) -> str:
    return json.dumps({"namespace": "gold", "transport": {"type": "http"}, **changes})


def test_settings_reach_the_openlineage_provider(plugins: Path) -> None:
    assert load(plugins, settings()) == {
        "NAMESPACE": "gold",
        "TRANSPORT": '{"type": "http"}',
        "CONFIG_PATH": "",
        "CONFIG_CONN_ID": "",
        "DISABLED_FOR_OPERATORS": "",
    }


def test_running_twice_in_a_process_is_running_once(plugins: Path) -> None:
    assert load(plugins, settings()) == load(plugins, None)


def test_operators_that_the_environment_excepts_stay_excepted(plugins: Path) -> None:
    os.environ[f"{PREFIX}DISABLED_FOR_OPERATORS"] = "team.operators.Quiet"
    assert load(plugins, settings())["DISABLED_FOR_OPERATORS"] == "team.operators.Quiet"


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "",
        "{",
        "[]",
        "null",
        "{}",
        '"text"',
        "[" * 100_000,
        settings(namespace=5),
        settings(namespace="\x00"),
    ],
)
def test_broken_settings_are_one_line_in_the_log_and_airflow_goes_on(
    plugins: Path, broken: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    assert load(plugins, broken) == {}
    (record,) = caplog.records
    assert "Lineage is off" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert record.exc_info is None
