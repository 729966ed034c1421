"""The plugin in real Airflow, of both major versions, with the OpenLineage client of each."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.airflow_runtime.install import install
from local.layout import CACHE
from mwaa_platform.airflow_versions import airflow_version
from mwaa_platform.lineage_artefacts import (
    LineagePluginSettings,
    build_plugins,
    build_requirements,
)
from tests.loopback import serving
from tests.unit.lineage.servers import Catalogue, Event, SecretsManager

CANARY = "canary-c41d09be"
# Airflow takes options from the environment: a percent sign and other alphabets must come through.
NAMESPACE = "Größe 100% %(x)s"
NOWHERE = "http://127.0.0.1:9"

# The task shows all that a task's author can see.
DAG = """
import os
from datetime import datetime, timezone
from airflow.configuration import conf
try:
    from airflow.sdk import dag, task
except ImportError:
    from airflow.decorators import dag, task

@dag(dag_id="probe", schedule=None, start_date=datetime(2024, 1, 1, tzinfo=timezone.utc))
def probe():
    @task
    def look():
        print("ENVIRONMENT", dict(os.environ))
        print("OPTIONS", conf.as_dict(display_sensitive=True))
    look()

probe()
"""

# Runs the plugin's file as Airflow does, then lets Airflow scan the folder. The answer: which
# packages the file made Airflow import, and which of the folder's modules the scan ran.
LOADING = """
import runpy, sys
from airflow import plugins_manager
before = set(sys.modules)
runpy.run_path(sys.argv[1])
imported = {name.partition(".")[0] for name in set(sys.modules) - before}
plugins_manager.ensure_plugins_loaded()
print(imported, {name for name in sys.modules if name.startswith("mwaa_platform")})
"""

# Airflow 3 shows the names of options alone unless asked for their values.
LIST_OPTIONS = {"2.10.3": ("config", "list"), "3.3.1": ("config", "list", "--show-values")}


@dataclass(frozen=True, kw_only=True)
class Airflow:
    """An installed Airflow with a home of its own."""

    version: str
    python: Path
    home: Path

    @property
    def plugins(self) -> Path:
        return self.home / "plugins"

    def run(self, *command: str, **environment: str) -> str:
        """The output of a command that must succeed."""
        result = subprocess.run(
            [self.python, *command],
            env={
                "PATH": f"{self.python.parent}{os.pathsep}{os.defpath}",
                "HOME": str(self.home),
                "AIRFLOW_HOME": str(self.home),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                **environment,
            },
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    def run_dag(self, secrets: SecretsManager, **environment: str) -> str:
        """Run the DAG to its end, which must be success; the answer is all that was logged."""
        environment = {**secrets.environment, **environment}
        output = self.run("-m", "airflow", "dags", "test", "probe", **environment)
        with sqlite3.connect(self.home / "airflow.db") as database:
            states = database.execute("select state from dag_run order by id desc limit 1")
            assert states.fetchone() == ("success",), output
        return output

    def install_plugins(self, catalogue: str, directory: Path) -> Path:
        """Unpack a plugins.zip as MWAA does, for a catalogue with this URL."""
        settings = LineagePluginSettings(provider="Atlan", url=catalogue, namespace=NAMESPACE)
        archive = build_plugins(settings=settings, directory=directory)
        with zipfile.ZipFile(archive) as content:
            content.extractall(self.plugins)
        return archive


@pytest.fixture(scope="module", params=LIST_OPTIONS)
def airflow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    home = tmp_path_factory.mktemp(f"airflow-{request.param}")
    requirements = build_requirements(
        version=airflow_version(request.param), lineage=True, team=None, directory=home
    )
    python = install(request.param, requirements, CACHE)
    installed = Airflow(version=request.param, python=python, home=home)
    (home / "dags").mkdir()
    (home / "dags" / "probe.py").write_text(DAG)
    installed.run("-m", "airflow", "db", "migrate")
    return installed


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    with serving(Catalogue()) as server:
        yield server


@pytest.fixture
def secrets() -> Iterator[SecretsManager]:
    with serving(SecretsManager(CANARY)) as server:
        yield server


def test_run_sends_its_events_with_the_token_and_shows_it_nowhere(
    airflow: Airflow, catalogue: Catalogue, secrets: SecretsManager, tmp_path: Path
) -> None:
    archive = airflow.install_plugins(catalogue.url, tmp_path)
    output = airflow.run_dag(secrets, AIRFLOW__LOGGING__LOGGING_LEVEL="DEBUG")

    def event(kind: str, job: str) -> Event:
        path = "/events/openlineage/airflow-mwaa/api/v1/lineage"
        return Event(path, f"Bearer {CANARY}", kind, NAMESPACE, job)

    assert catalogue.events == [
        event("START", "probe.look"),
        event("COMPLETE", "probe.look"),
        event("COMPLETE", "probe"),
    ]

    listed = airflow.run(
        *("-m", "airflow", *LIST_OPTIONS[airflow.version]),
        **secrets.environment,
        AIRFLOW__CORE__LAZY_LOAD_PLUGINS="False",
    )
    assert "SecretsManagerTokenProvider" in output
    assert "SecretsManagerTokenProvider" in listed
    assert "GetSecretValue" in output, "The log is not as detailed as this test must search."
    assert CANARY not in output + listed
    holders = [file for file in airflow.home.rglob("*") if holds_canary(file)]
    assert not holders
    assert not holds_canary(archive)


def test_task_runs_on_and_nothing_is_sent_while_secrets_manager_is_down(
    airflow: Airflow, catalogue: Catalogue, secrets: SecretsManager, tmp_path: Path
) -> None:
    airflow.install_plugins(catalogue.url, tmp_path)
    secrets.down = True
    output = airflow.run_dag(secrets)
    assert secrets.reads
    assert catalogue.events == []
    assert "Events are not sent until there is one" in output


def test_task_runs_on_while_the_catalogue_is_down(
    airflow: Airflow, secrets: SecretsManager, tmp_path: Path
) -> None:
    airflow.install_plugins(NOWHERE, tmp_path)
    output = airflow.run_dag(secrets)
    assert secrets.reads
    assert "Failed to emit OpenLineage" in output
    assert CANARY not in output


def test_loading_the_plugin_loads_neither_provider_nor_sdk(
    airflow: Airflow, tmp_path: Path
) -> None:
    airflow.install_plugins(NOWHERE, tmp_path)
    output = airflow.run("-c", LOADING, str(airflow.plugins / "mwaa_platform_lineage.py"))
    assert output.splitlines()[-1] == "set() {'mwaa_platform_lineage'}"


def holds_canary(path: Path) -> bool:
    return path.is_file() and CANARY.encode() in path.read_bytes()
