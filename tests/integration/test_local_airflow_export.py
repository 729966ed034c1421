"""Secrets that a real Airflow reads under exported settings, from a stand-in of AWS."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.airflow_runtime.database import empty_database
from local.airflow_runtime.install import install
from local.layout import ACCOUNT, CACHE, ROOT
from tests.loopback import Request, Response, Server, serving
from tests.unit.cli import conftest as cli_conftest
from tests.unit.cli.local_airflow.developer import SSO, SSO_SESSION, Developer
from tests.unit.cli.terminal import Terminal
from tests.unit.local.aws import conftest as local_aws
from tests.unit.local.aws.stand_in import StandIn
from tests.waits import DEADLINE_SECONDS

catalogue, stand_in = local_aws.catalogue, local_aws.stand_in
terminal = cli_conftest.terminal

VERSIONS = ("2.10.3", "3.3.1")
CHECK_DAG = "mwaa_platform_secrets_check"
SIGN_IN = "canary-sign-in-91ac"
SECRETS = {
    "team/variables/greeting": "canary-value-0b7e",
    "team/connections/warehouse": "postgres://ada:canary-password-3f@db.example.com:5432/dwh",
    "others/variables/hidden": "canary-hidden-6d",
    "hidden": "canary-hidden-6d",
}

# What a team's DAG does. Digests tell that it got the right values, and show none.
DAG = """
from datetime import datetime, timezone
from hashlib import sha256
try:
    from airflow.sdk import BaseHook, Variable, dag, task
except ImportError:
    from airflow.decorators import dag, task
    from airflow.hooks.base import BaseHook
    from airflow.models import Variable

@dag(dag_id="team", schedule=None, start_date=datetime(2024, 1, 1, tzinfo=timezone.utc))
def team():
    @task
    def read():
        print("VARIABLE", sha256(Variable.get("greeting").encode()).hexdigest())
        connection = BaseHook.get_connection("warehouse")
        print("CONNECTION", connection.host, sha256(connection.password.encode()).hexdigest())
        print("HIDDEN", Variable.get("hidden", None))
    read()

team()
"""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Airflow:
    """An installed Airflow with a home of its own."""

    version: str
    python: Path
    home: Path

    def run(self, *command: str, **environment: str) -> str:
        """The output of a command of Airflow, whatever its end."""
        return subprocess.run(
            [self.python, "-m", "airflow", *command],
            env={
                "PATH": f"{self.python.parent}{os.pathsep}{os.defpath}",
                "HOME": str(self.home),
                "AIRFLOW_HOME": str(self.home),
                "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_MAX_ATTEMPTS": "1",
                "NO_PROXY": "127.0.0.1",
                **environment,
            },
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        ).stdout

    def run_dag(self, dag: str, environment: Mapping[str, str], **conf: str) -> tuple[str, str]:
        """Run a DAG to its end; how it ended, and all that was logged."""
        options = ("--conf", json.dumps(conf)) if conf else ()
        output = self.run("dags", "test", dag, *options, **environment)
        with sqlite3.connect(self.home / "airflow.db") as database:
            row = database.execute("select state from dag_run order by id desc limit 1").fetchone()
        return (row[0] if row else "none"), output


@pytest.fixture(scope="module", params=VERSIONS)
def airflow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    home = tmp_path_factory.mktemp(f"airflow-{request.param}")
    (requirements := home / "requirements.txt").write_text(
        "--constraint x\napache-airflow-providers-openlineage\n"
    )
    installed = Airflow(
        version=request.param, python=install(request.param, requirements, CACHE), home=home
    )
    (home / "dags").mkdir()
    shutil.copy(empty_database(installed.python, installed.version), home / "airflow.db")
    return installed


@pytest.fixture(scope="module")
def secrets(stand_in: StandIn) -> str:
    """Secrets Manager's address."""
    client = stand_in.session.client("secretsmanager")
    for name, value in SECRETS.items():
        client.create_secret(Name=name, SecretString=value)
    return stand_in.endpoint


@pytest.fixture
def developer(terminal: Terminal, tmp_path: Path, airflow: Airflow, secrets: str) -> Developer:
    """Somebody whose profile leads to the stand-in, with that Airflow's version."""
    ada = Developer(terminal=terminal, home=tmp_path, project=tmp_path / "project")
    keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "local"}
    ada.has_profiles({"profile work": {"region": "us-east-1", "endpoint_url": secrets, **keys}})
    ada.has_environment(airflow.version)
    return ada


def take_dags(airflow: Airflow, developer: Developer) -> None:
    """Have the project's DAGs and the team's one in the folder that is mounted."""
    shutil.copytree(developer.project / "dags", airflow.home / "dags", dirs_exist_ok=True)
    (airflow.home / "dags" / "team.py").write_text(DAG)


def test_a_team_reads_its_secrets_and_none_below_other_prefixes(
    airflow: Airflow, developer: Developer
) -> None:
    developer.exports()
    take_dags(airflow, developer)
    state, output = airflow.run_dag("team", developer.in_a_container("scheduler"))
    assert state == "success", output
    assert f"VARIABLE {digest(SECRETS['team/variables/greeting'])}" in output
    assert f"CONNECTION db.example.com {digest('canary-password-3f')}" in output
    assert "HIDDEN None" in output


def test_the_check_dag_says_what_is_there_and_shows_no_value(
    airflow: Airflow, developer: Developer
) -> None:
    developer.exports()
    take_dags(airflow, developer)
    environment = developer.in_a_container("scheduler")
    state, output = airflow.run_dag(CHECK_DAG, environment)
    assert state == "failed", output
    assert f"are of account {ACCOUNT}, and the environment is in 111122223333" in output
    environment["MWAA_PLATFORM_ACCOUNT"] = ACCOUNT

    [command, *said] = shown_in_the_document()
    conf = json.loads(shlex.split(command)[-1])
    state, output = airflow.run_dag(CHECK_DAG, environment, **conf)
    assert state == "success", output
    assert [line for line in said if line not in output] == []
    assert "canary" not in output

    state, output = airflow.run_dag(CHECK_DAG, environment, variable="hidden")
    assert state == "failed", output
    assert "No secret team/variables/hidden in us-east-1" in output
    assert "canary" not in output


def shown_in_the_document() -> list[str]:
    """The command and its answer in the section on the check DAG."""
    document = (ROOT / "docs" / "local-airflow.md").read_text()
    section = document.partition("\n## The check DAG\n")[2].partition("\n## ")[0]
    [block] = re.findall(r"```console\n(.*?)```", section, re.S)
    return str(block).splitlines()


class SignIn(Server):
    """AWS's sign-in for people: gives keys to whoever has signed in, and renews a sign-in."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.renewed = 0

    def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            self.renewed += 1
            return _json({"accessToken": SIGN_IN, "expiresIn": 3600, "refreshToken": "again"})
        if request.headers["x-amz-sso_bearer_token"] != SIGN_IN:
            return Response(401)
        keys = {"accessKeyId": ACCOUNT, "secretAccessKey": "local", "sessionToken": ""}
        return _json({"roleCredentials": {**keys, "expiration": 9_999_999_999_000}})


def _json(content: Any) -> Response:
    return Response(200, json.dumps(content).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def sign_in() -> Iterator[SignIn]:
    with serving(SignIn()) as server:
        yield server


def sign_in_ends(developer: Developer, *, minutes: int) -> Path:
    """What `aws sso login` leaves: a sign-in that ends in so many minutes, or has ended."""
    name = hashlib.sha1(SSO["sso_session"].encode(), usedforsecurity=False).hexdigest()
    path = developer.home / ".aws" / "sso" / "cache" / f"{name}.json"
    renewal = {"clientId": "a", "clientSecret": "b", "refreshToken": "c"}
    ends = datetime.now(UTC) + timedelta(minutes=minutes)
    document = {
        "startUrl": SSO_SESSION["sso_start_url"],
        "region": SSO_SESSION["sso_region"],
        "accessToken": "old",
        "expiresAt": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "registrationExpiresAt": "2099-01-01T00:00:00Z",
        **(renewal if minutes > 0 else {}),
    }
    path.write_text(json.dumps(document))
    return path


def test_a_profile_of_single_sign_on_works_and_its_end_is_told(
    airflow: Airflow, developer: Developer, sign_in: SignIn, secrets: str
) -> None:
    services = {"sso": sign_in.url, "sso_oidc": sign_in.url, "secrets_manager": secrets}
    endpoints = "".join(f"\n{name} =\n  endpoint_url = {url}" for name, url in services.items())
    developer.has_profiles(
        {
            "profile work": {"services": "here", "region": "us-east-1", **SSO},
            "sso-session company": SSO_SESSION,
        }
    )
    with (developer.home / ".aws" / "config").open("a") as file:
        file.write(f"[services here]{endpoints}\n")
    developer.exports()
    take_dags(airflow, developer)
    # The home of the containers' user is where the folder is mounted.
    environment = {**developer.in_a_container("scheduler"), "HOME": str(developer.home)}

    kept = sign_in_ends(developer, minutes=5)
    state, output = airflow.run_dag(CHECK_DAG, environment, variable="greeting")
    assert state == "success", output
    assert sign_in.renewed == 1
    assert json.loads(kept.read_text())["accessToken"] == SIGN_IN
    assert SIGN_IN not in output

    sign_in_ends(developer, minutes=-5)
    state, output = airflow.run_dag(CHECK_DAG, environment, variable="greeting")
    assert state == "failed", output
    assert "aws sso login --profile work" in output


def test_awss_images_read_the_secrets_and_send_no_lineage(
    airflow: Airflow, developer: Developer
) -> None:
    received: list[Request] = []

    def receive(request: Request) -> Response:
        received.append(request)
        return Response(201)

    with serving(Server(receive)) as catalogue:
        lineage = {"Provider": "Marquez", "Url": catalogue.url, "Authentication": "None"}
        developer.has_environment(airflow.version, Lineage=lineage)
        developer.exports(to="aws-mwaa")
        take_dags(airflow, developer)
        environment = developer.in_a_container("worker")
        options = json.loads(environment.pop("MWAA__CORE__CUSTOM_AIRFLOW_CONFIGS"))
        plugins = {"AIRFLOW__CORE__PLUGINS_FOLDER": str(developer.project / "plugins")}

        state, output = airflow.run_dag("team", {**environment, **plugins, **options})
        assert state == "success", output
        assert f"VARIABLE {digest(SECRETS['team/variables/greeting'])}" in output
        assert received == []

        options.pop("AIRFLOW__OPENLINEAGE__DISABLED")
        state, output = airflow.run_dag("team", {**environment, **plugins, **options})
        assert received, "This test would not see lineage."
