"""Environment variables of each process of a local Airflow."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from local.airflow_runtime.deployed_environment import DeployedEnvironment
from local.airflow_runtime.service import LocalAirflow, prepare, programs
from local.aws_stand_in import AwsStandIn
from local.layout import ROOT
from local.platform import end_run, recorded_processes
from local.processes import Program
from local.tls import make_certificates

CANARY = "canary-3f7c"
VERSIONS = ("2.10.3", "3.3.1")


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> LocalAirflow:
    folder = tmp_path_factory.mktemp("state")
    certificates = make_certificates(folder / "tls", ["localhost", "env1.localhost"])
    (folder / "key").write_text("key")
    (folder / "home").mkdir()
    return LocalAirflow(
        environment="Env1",
        version=VERSIONS[0],
        host="env1.localhost",
        port=8446,
        home=folder / "home",
        token_key=folder / "key",
        stand_in=AwsStandIn(endpoint="http://127.0.0.1:4566"),
        certificates=certificates,
    )


def deployed(plugins: Path | None = None, **options: str) -> DeployedEnvironment:
    return DeployedEnvironment(
        version=VERSIONS[0],
        plugins=plugins,
        requirements=None,
        startup_script=None,
        options={name.replace("__", "."): value for name, value in options.items()},
        bucket="bucket",
        dags="s3://bucket/dags/",
        execution_role="arn:aws:iam::000000000000:role/execution",
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_startup_script_comes_below_options_and_knows_its_component(
    airflow: LocalAirflow, version: str
) -> None:
    script = airflow.home / "startup.sh"
    script.write_text(
        "export COMPONENT=$MWAA_AIRFLOW_COMPONENT AIRFLOW__CORE__DEFAULT_TIMEZONE=utc "
        "AIRFLOW__CORE__LOAD_EXAMPLES=True AIRFLOW__CORE__DAG_RUN_CONF_OVERRIDES_PARAMS=False"
    )
    files = replace(deployed(core__default_timezone="Europe/Berlin"), startup_script=script)
    web_server, *others = run(airflow, version, files)
    assert web_server.env["COMPONENT"] == "webserver"
    assert {each.env["COMPONENT"] for each in others} == {"worker"}
    for program in (web_server, *others):
        assert program.env["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == "Europe/Berlin"
        assert program.env["AIRFLOW__CORE__DAG_RUN_CONF_OVERRIDES_PARAMS"] == "False"
        assert program.env["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"


def run(airflow: LocalAirflow, version: str, files: DeployedEnvironment) -> list[Program]:
    return programs(replace(airflow, version=version), Path("/venv/bin/python"), files)


@pytest.mark.parametrize("version", VERSIONS)
def test_options_reach_every_process_as_mwaa_hands_them(
    airflow: LocalAirflow, version: str
) -> None:
    files = deployed(
        core__default_timezone="Europe/Berlin",
        core__parallelism="512",
        core__load_examples="True",
        core__auth_manager="a.module.of.Theirs",
        core__executor="CeleryExecutor",
    )
    for program in run(airflow, version, files):
        assert program.env["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == "Europe/Berlin"
        assert program.env["AIRFLOW__CORE__PARALLELISM"] == "2"
        assert program.env["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
        assert program.env["AIRFLOW__CORE__AUTH_MANAGER"].endswith(".FabAuthManager")
        assert program.env["AIRFLOW__CORE__EXECUTOR"] != "CeleryExecutor"


@pytest.mark.parametrize("version", VERSIONS)
def test_settings_of_the_person_stay_outside(
    airflow: LocalAirflow, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AIRFLOW__CORE__DAGS_FOLDER", "PYTHONPATH"):
        monkeypatch.setenv(name, CANARY)
    for program in run(airflow, version, deployed()):
        assert CANARY not in program.env.values()
        assert program.env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"


@pytest.mark.parametrize("version", VERSIONS)
def test_keys_are_in_files_of_their_owner_and_never_in_arguments(
    airflow: LocalAirflow, version: str
) -> None:
    started = run(airflow, version, deployed())
    files = list((airflow.home / "keys").iterdir())
    keys = [file.read_text() for file in files]
    assert len(set(keys)) == len(files)
    assert {oct(file.stat().st_mode & 0o777) for file in files} == {"0o600"}
    assert not [key for key in keys for program in started if key in " ".join(program.argv)]


@pytest.mark.parametrize("version", VERSIONS)
def test_tokens_are_kept_below_the_airflows_home_and_not_beyond_its_run(
    airflow: LocalAirflow, version: str, tmp_path: Path
) -> None:
    here = replace(airflow, version=version, home=tmp_path / "airflow" / "Env1")
    here.database.parent.mkdir(parents=True)
    here.database.touch()
    store = f"import mwaa_platform_cache as cache; cache.write('token', b'{CANARY}')"

    def files() -> list[Path]:
        return [each for each in tmp_path.rglob("*") if CANARY.encode() in content(each)]

    def start() -> list[Program]:
        prepare(here, Path(sys.executable))
        return run(here, version, deployed())

    for program in start():
        plugin = {"PYTHONPATH": str(ROOT / "airflow_files" / "lineage")}
        subprocess.run([sys.executable, "-c", store], env={**program.env, **plugin}, check=True)
    (kept,) = files()
    assert kept.is_relative_to(here.home)
    folders = [each for each in kept.parents if each.is_relative_to(here.home)]
    assert {oct(each.stat().st_mode & 0o777) for each in folders} == {"0o700"}
    start()
    assert files() == [], "of a run that nobody stopped"
    kept.parent.mkdir()
    kept.write_text(CANARY)
    end_run(recorded_processes(tmp_path), tmp_path)
    assert files() == []


def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


@pytest.mark.parametrize("version", VERSIONS)
def test_only_the_web_server_can_sign_people_in(
    airflow: LocalAirflow, version: str, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "plugins.zip", "w") as archive:
        archive.writestr("theirs.py", "")
    web, *others = run(airflow, version, deployed(tmp_path / "plugins.zip"))

    def plugins(program: Program) -> set[str]:
        folder = Path(program.env["AIRFLOW__CORE__PLUGINS_FOLDER"])
        return {path.name for path in folder.iterdir()}

    assert plugins(web) == {"theirs.py", "mwaa_local_sign_in.py", "mwaa_local_token.py"}
    assert others
    for program in others:
        assert plugins(program) == {"theirs.py"}
        assert not [name for name in program.env if name.startswith("MWAA_LOCAL")]


def test_a_plugin_that_is_deployed_no_more_is_gone(airflow: LocalAirflow, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "plugins.zip", "w") as archive:
        archive.writestr("theirs.py", "")
    run(airflow, VERSIONS[0], deployed(tmp_path / "plugins.zip"))
    run(airflow, VERSIONS[0], deployed())
    assert not list((airflow.home / "plugins").iterdir())
