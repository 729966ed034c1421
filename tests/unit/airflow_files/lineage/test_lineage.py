"""The plugin's file, run as Airflow runs it, with right and wrong settings."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from local.layout import ROOT

FILE = "mwaa_platform_lineage.py"
PREFIX = "AIRFLOW__OPENLINEAGE__"
SECRET = "AIRFLOW__MWAA_PLATFORM__LINEAGE_SECRET_"
ARN = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:lineage-AbCdEf"

FORK = """
calls = []
def leave_connections_to_parents():
    calls.append(None)
"""


@pytest.fixture(autouse=True)
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As much of Airflow as the file imports, and an environment that is put back."""
    plugins_manager = ModuleType("airflow.plugins_manager")
    plugins_manager.AirflowPlugin = type("AirflowPlugin", (), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "airflow", ModuleType("airflow"))
    monkeypatch.setitem(sys.modules, "airflow.plugins_manager", plugins_manager)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the file, and beside it what counts how often it is asked."""
    shutil.copy(ROOT / "airflow_files" / "lineage" / FILE, tmp_path)
    (tmp_path / "mwaa_platform_fork.py").write_text(FORK)
    # So that what this test imports is gone after it.
    monkeypatch.setitem(sys.modules, "mwaa_platform_fork", ModuleType("mwaa_platform_fork"))
    del sys.modules["mwaa_platform_fork"]
    return tmp_path


def load(plugins: Path, settings: str | None) -> dict[str, str]:
    """The variables that running the file sets."""
    if settings is not None:
        (plugins / "mwaa_platform_lineage.json").write_text(settings, encoding="utf-8")
    before = dict(os.environ)
    runpy.run_path(str(plugins / FILE))
    return {key: value for key, value in os.environ.items() if before.get(key) != value}


def settings(**changes: object) -> str:
    usual = {
        "airflow": "2.10.3",
        "namespace": "gold",
        "transport": {"type": "http"},
        "catalogues": [{"id": "atlan", "provider": "Atlan"}],
        "secrets": {},
    }
    return json.dumps({**usual, **changes})


def without(name: str) -> str:
    kept = json.loads(settings())
    del kept[name]
    return json.dumps(kept)


@pytest.mark.parametrize("version", ["2.7.2", "2.10.3", "3.3.1"])
def test_settings_reach_the_openlineage_provider(plugins: Path, version: str) -> None:
    assert load(plugins, settings(airflow=version)) == {
        f"{PREFIX}NAMESPACE": "gold",
        f"{PREFIX}TRANSPORT": '{"type": "http"}',
        f"{PREFIX}CONFIG_PATH": "",
        f"{PREFIX}CONFIG_CONN_ID": "",
        "OPENLINEAGE__FILTERS": json.dumps(
            [{"type": "regex", "regex": r"mwaa_platform_lineage_preflight(\.|$)"}]
        ),
        f"{PREFIX}DISABLED_FOR_OPERATORS": "",
    }


@pytest.mark.parametrize("version", ["2.5.1", "2.6.3"])
def test_settings_reach_openlineage_airflow_as_its_own_file(plugins: Path, version: str) -> None:
    variables = load(plugins, settings(airflow=version))
    assert variables == {
        "OPENLINEAGE_CONFIG": str(plugins / "mwaa_platform_lineage.json"),
        "OPENLINEAGE_NAMESPACE": "gold",
    }


def test_dollar_in_an_address_is_no_variable_to_airflow(plugins: Path) -> None:
    transport = {"type": "http", "url": "https://example.com/$HOME/"}
    variable = load(plugins, settings(transport=transport))[f"{PREFIX}TRANSPORT"]
    assert os.path.expandvars(variable) == variable
    assert json.loads(variable) == transport


def test_without_a_transport_openlineage_stays_as_it_is(plugins: Path) -> None:
    assert load(plugins, settings(transport=None)) == {}


def test_a_secret_named_here_is_found_where_the_token_looks_for_it(plugins: Path) -> None:
    variables = load(plugins, settings(transport=None, secrets={"marquez_2": ARN}))
    assert variables == {f"{SECRET}MARQUEZ_2": ARN}


def test_the_environments_own_option_names_the_secret_before_the_file(plugins: Path) -> None:
    os.environ[f"{SECRET}ATLAN"] = "arn:of:the:option"
    assert load(plugins, settings(transport=None, secrets={"atlan": ARN})) == {}


def test_running_twice_in_a_process_is_running_once(plugins: Path) -> None:
    assert load(plugins, settings(secrets={"atlan": ARN}))
    assert load(plugins, None) == {}


def test_operators_that_the_environment_excepts_stay_excepted(plugins: Path) -> None:
    os.environ[f"{PREFIX}DISABLED_FOR_OPERATORS"] = "team.operators.Quiet"
    load(plugins, settings())
    assert os.environ[f"{PREFIX}DISABLED_FOR_OPERATORS"] == "team.operators.Quiet"


def test_nothing_that_costs_an_airflow_process_time_is_imported(plugins: Path) -> None:
    before = set(sys.modules)
    load(plugins, settings(secrets={"atlan": ARN}))
    assert set(sys.modules) - before == set()


def test_what_a_token_needs_is_there_before_a_process_is_forked_for_an_event(
    plugins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = {"mwaa_platform_secret", "mwaa_platform_cache"}
    for name in ours:
        monkeypatch.delitem(sys.modules, name, raising=False)
    before = set(sys.modules)
    load(plugins, settings(catalogues=[{"id": "atlan", "provider": "Atlan", "token": True}]))
    new = set(sys.modules) - before
    assert ours <= new
    assert not {name for name in new if name.startswith(("botocore", "boto3", "openlineage"))}


@pytest.mark.parametrize(
    ("version", "calls"), [("2.11.2", 0), ("3.0.6", 1), ("3.2.1", 1), ("3.3.1", 1)]
)
def test_children_of_a_server_are_kept_off_what_it_is_at_work_on(
    plugins: Path, version: str, calls: int
) -> None:
    load(plugins, settings(airflow=version))
    assert import_module("mwaa_platform_fork").calls == [None] * calls


def test_modules_of_the_plugin_come_from_beside_it_whatever_else_is_on_the_path(
    plugins: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dags = tmp_path / "dags"  # before plugins on the path, up to Airflow 2.9.2
    dags.mkdir()
    ours = ("mwaa_platform_secret", "mwaa_platform_cache", "mwaa_platform_late")
    for name in ours:
        (dags / f"{name}.py").write_text("raise AssertionError('not ours')")
        (plugins / f"{name}.py").write_text("ours = True")
        monkeypatch.delitem(sys.modules, name, raising=False)
    (dags / "mwaa_platform_of_the_team.py").write_text("theirs = True")
    monkeypatch.syspath_prepend(plugins)
    monkeypatch.syspath_prepend(dags)
    before = len(sys.meta_path)
    for _ in range(2):
        load(plugins, settings(catalogues=[{"id": "atlan", "provider": "Atlan", "token": True}]))
    assert len(sys.meta_path) == before + 1
    assert all(import_module(name).ours for name in ours)
    assert import_module("mwaa_platform_of_the_team").theirs


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
        without("airflow"),
        without("transport"),
        without("secrets"),
        settings(airflow="new"),
        settings(airflow=2.1),
        settings(namespace=5),
        settings(namespace="\x00"),
        settings(namespace="\ud800"),
        settings(secrets=[ARN]),
        settings(secrets={"atlan": None}),
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
