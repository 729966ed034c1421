"""A team's files in its own bucket, several catalogues and the secrets backend.

A second environment exists already, and gets the files that are built for it. It stands behind the
gate, which needs no further Airflow.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Page

from cli import airflow_run
from cli.secrets.airflow_answers import DAG_FILE
from local.deployment import Deployment
from local.local_configuration import OWN_CLIENTS
from local.processes import Processes
from local.running_airflow import run_as_airflow
from tests.browser.actions import history, open_environment, sign_in
from tests.conftest import Platform, platform_of, project_configuration
from tests.integration.test_lineage_delivery import (
    files_with,
    of_run,
    read_secret,
    run,
    wait_for,
)
from tests.integration.visitor import sign_in_links
from tests.unit.cli.secrets.connections import RIGHT, WRONG
from tests.unit.cli.terminal import Terminal, piped
from tests.waits import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("team files")]

NEW, EXISTING = "analytics", "reporting"
BUCKET = "teams-own-bucket"
ADMIN, SIGN_IN = "admin@example.com", "/aws_mwaa/aws-console-sso"
CANARY = "canary-airflow-9b02"
COOKIE = "AWSELBAuthSessionCookie"
DOMAIN = "dzd-0123456789abc"
ATLAN, MARQUEZ, DATA_ZONE = (
    "/events/openlineage/airflow-mwaa/api/v1/lineage",
    "/api/v1/lineage",
    f"/v2/domains/{DOMAIN}/lineage/events",
)

POLICY = """
{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders/daily/*"},
    {"Effect": "Allow", "Action": "ssm:GetParameter",
     "Resource": "arn:aws:ssm:*:*:parameter/team/currency"}
  ]
}
"""

# It succeeds only where every file of the team's is there, its secrets are found, and the role may
# do what the team's policy allows and nothing else.
DAG = """
import os
from datetime import UTC, datetime
from pathlib import Path
from airflow.sdk import BaseHook, Variable, dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC), is_paused_upon_creation=False)
def team():
    @task
    def look():
        from team_words import GREETING
        assert GREETING == "from a plugin"
        assert not Path(os.environ["AIRFLOW_HOME"], "unfinished").exists()
        assert os.environ["TEAMS_OWN"] == "from the startup script"
        assert Variable.get("colour") == "teal"
        assert BaseHook.get_connection("warehouse").host == "warehouse.example.com"
        permitted()
    def permitted():
        import boto3
        from botocore.exceptions import ClientError
        s3, ssm = boto3.client("s3"), boto3.client("ssm")
        assert s3.get_object(Bucket="orders", Key="daily/1")["Body"].read() == b"12"
        assert ssm.get_parameter(Name="/team/currency")["Parameter"]["Value"] == "EUR"
        for refused in (
            lambda: s3.get_object(Bucket="orders", Key="salaries"),
            lambda: s3.put_object(Bucket="orders", Key="daily/1", Body=b"0"),
            lambda: ssm.get_parameter(Name="/other/currency"),
        ):
            try:
                refused()
            except ClientError as error:
                assert error.response["Error"]["Code"].startswith("AccessDenied")
            else:
                raise AssertionError("the policy does not allow this")
    look()

team()
"""

# Airflow's lineage provider reads its settings when it is imported.
EXTRACTORS = {
    f"team/plugins/extractor_{number}.py": (
        "from airflow.providers.openlineage.extractors.base import BaseExtractor"
    )
    for number in range(8)
}
UNFINISHED = """
import os
from pathlib import Path

Path(os.environ["AIRFLOW_HOME"], "unfinished").touch()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration's folder, with the team's files beside it."""
    folder = tmp_path_factory.mktemp("team-files")
    for path, text in {
        "team/plugins/team_words.py": 'GREETING = "from a plugin"',
        **EXTRACTORS,
        "team/plugins/unfinished.py": UNFINISHED,
        "team/plugins/.airflowignore": "unfinished.py",
        "team/dags/team.py": DAG,
        "team/dags/parts/old.sql": "select 1",
        "team/policy.json": POLICY,
        "team/startup.sh": 'export TEAMS_OWN="from the startup script"',
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def configuration() -> dict[str, Any]:
    configured = project_configuration()
    analytics, _ = configured["MwaaEnvironments"]
    analytics |= {
        "SourceBucketArn": f"arn:aws:s3:::{BUCKET}",
        "Plugins": "team/plugins",
        "Dags": "team/dags",
        "StartupScript": "team/startup.sh",
        "SecretsBackend": {"VariablesPrefix": "team/variables"},
        "ExecutionRole": {"Policy": "team/policy.json"},
        "Lineage": {
            "Catalogues": [
                {"Provider": "Atlan", "Url": "https://example.atlan.com"},
                {"Provider": "Marquez", "Url": "https://marquez.example.com"},
                {"Provider": "DataZone", "DomainId": DOMAIN},
            ]
        },
    }
    secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:atlan-AbCdEf"
    configured["MwaaEnvironments"][1] = {
        "Name": EXISTING,
        "AirflowVersion": "2.10.3",
        "WebServerAccessMode": "PRIVATE_ONLY",
        "UiHost": "reporting.example.net",
        "Lineage": {
            "Provider": "Atlan",
            "Url": "https://example.atlan.com",
            "TokenSecretArn": secret,
        },
    }
    configured["Alb"] |= {"DomainName": "airflow.example.com", "HostedZoneId": "Z0123456789"}
    configured["UiGate"] = {"ClientId": "gate", "ClientSecretArn": secret}
    return configured


@pytest.fixture(scope="module")
def team(folder: Path) -> Iterator[Platform]:
    with platform_of(configuration(), folder) as running:
        secrets = running.cloud.session.client("secretsmanager")
        for name, value in {
            "team/variables/colour": "teal",
            "airflow/connections/warehouse": "postgresql://warehouse.example.com/main",
            "airflow/variables/colour": "of another team",
        }.items():
            secrets.create_secret(Name=name, SecretString=value)
        s3, ssm = running.cloud.session.client("s3"), running.cloud.session.client("ssm")
        s3.create_bucket(Bucket="orders")
        for key, body in {"daily/1": b"12", "salaries": b"1"}.items():
            s3.put_object(Bucket="orders", Key=key, Body=body)
        for name, value in {"/team/currency": "EUR", "/other/currency": "USD"}.items():
            ssm.put_parameter(Name=name, Value=value, Type="String")
        summary = running.summary
        opened = {**summary["environments"], **summary["ui_hosts"]}
        yield replace(running, summary={**summary, "environments": opened})


def completed(received: list[dict[str, Any]], dag: str) -> set[str]:
    """The paths at which the end of the DAG's task arrived."""
    return {
        each["path"]
        for each in received
        if each["event"]["eventType"] == "COMPLETE" and each["event"]["job"]["name"] == dag
    }


def test_the_teams_files_are_there_and_each_catalogue_hears_of_the_run(team: Platform) -> None:
    since = run(team, NEW, "team")
    task = "team.look"
    wait_for(
        team,
        lambda: (
            completed(of_run(team, NEW, since, dag="team"), task) == {ATLAN, MARQUEZ, DATA_ZONE}
        ),
        "the run at every catalogue",
    )
    arn = team.outputs(f"Env-{NEW}")["LineageTokenSecretArn"]
    token = team.cloud.session.client("secretsmanager").get_secret_value(SecretId=arn)[
        "SecretString"
    ]
    digest = hashlib.sha256(token.encode()).hexdigest()
    bearers = {each["path"]: each["bearer_sha256"] for each in of_run(team, NEW, since, dag="team")}
    assert bearers == {ATLAN: digest, MARQUEZ: None, DATA_ZONE: None}


def test_an_environment_that_exists_sends_with_the_files_built_for_it(team: Platform) -> None:
    since = run(team, EXISTING)
    wait_for(
        team,
        lambda: completed(of_run(team, EXISTING, since), "hello_lineage.read") == {ATLAN},
        "the run of the environment that exists",
    )


def test_airflow_reads_the_secrets_below_its_prefixes_and_no_others(team: Platform) -> None:
    below = "team/variables/colour"
    assert f":secret:{below}-" in read_secret(team, NEW, below).stdout
    assert "AccessDenied" in read_secret(team, NEW, "airflow/variables/colour").stderr


# What an Airflow makes of connections; null where it fails.
READ_CONNECTIONS = """
import json, sys
from airflow.models import Connection

def fields(text):
    try:
        of = {"value": text} if text.startswith("{") else {"uri": text}
        made = (Connection.from_json if "value" in of else Connection)(conn_id="x", **of)
        names = ("conn_type", "host", "login", "password", "schema", "port")
        found = {name: getattr(made, name) for name in names} | {"extra": made.extra_dejson}
        return {name: value for name, value in found.items() if value}
    except Exception:
        return None

answers = json.dumps([fields(text) for text in json.load(sys.stdin)])
print(answers)
"""


@pytest.mark.parametrize("environment", [NEW, EXISTING])
def test_airflow_reads_what_we_take_for_a_connection_and_loses_what_we_refuse(
    environment: str, team: Platform, tmp_path: Path
) -> None:
    program = tmp_path / "read_connections.py"
    program.write_text(READ_CONNECTIONS)
    texts = [*RIGHT, *(each.text for each in WRONG)]
    said = run_as_airflow(team.state, environment, program, given=json.dumps(texts))
    read = dict(zip(texts, json.loads(said.splitlines()[-1]), strict=True))

    assert {text: read[text] for text in RIGHT} == dict(RIGHT)
    kept = [each.text for each in WRONG if each.meant.items() <= (read[each.text] or {}).items()]
    assert kept == []


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(capsys=capsys, monkeypatch=monkeypatch)


def test_airflow_reads_a_secret_that_was_put_in_and_says_which_it_cannot(
    team: Platform, terminal: Terminal
) -> None:
    """The second time through the DAG, as in AWS."""
    here = ("-e", NEW, "--local", "--state", str(team.state))
    for text, *secret in (
        (f"http://ada:{CANARY}@api", "connection", "api"),
        (CANARY, "variable", "word"),
    ):
        terminal.monkeypatch.setattr("sys.stdin", piped(text))
        done = terminal.type("secrets", "put", *secret, *here)
        assert done.status == 0, done.said
    manager = team.cloud.session.client("secretsmanager")
    for name, text in {"broken": f"http://ada:{CANARY}/x@api", "untyped": f"://{CANARY}"}.items():
        manager.create_secret(Name=f"airflow/connections/{name}", SecretString=text)
    expected = {
        "connection api": None,
        "connection broken": "is no connection to Airflow (ValueError)",
        "connection untyped": "has no type",
        "connection warehouse": None,
        "variable colour": None,
        "variable word": None,
    }

    def assert_as_expected(*arguments: str) -> None:
        checked = terminal.type("secrets", "check", "--json", *arguments)
        assert checked.status == 1
        assert CANARY not in checked.said
        inside = [x for x in json.loads(checked.out) if x["from"] == "From inside Airflow"]
        assert {each["subject"] for each in inside} == expected.keys(), checked.said
        for each in inside:
            said = expected[each["subject"]]
            assert said in each["wrong"] if said else each["wrong"] is None
        types = {each["subject"]: each["note"] for each in inside}
        assert types["connection api"] == "Airflow reads it, of type http"

    assert_as_expected(*here)

    deployed = team.cloud.session.client("mwaa").get_environment(Name=NEW)["Environment"]
    bucket, folder = deployed["SourceBucketArn"].rpartition(":")[2], deployed["DagS3Path"]
    s3 = team.cloud.session.client("s3")
    s3.upload_file(str(DAG_FILE), bucket, f"{folder.strip('/')}/{DAG_FILE.name}")
    for name, value in team.cloud.sdk_variables.items():
        terminal.monkeypatch.setenv(name, value)
    terminal.monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
    terminal.monkeypatch.delenv("AWS_PROFILE", raising=False)
    terminal.monkeypatch.setattr(airflow_run, "POLL_SECONDS", 0.5)
    there = ("-e", NEW, "-c", str(team.state / "cdk" / "cdk.context.json"))

    def has_dag() -> bool:
        path = f"/dags/{DAG_FILE.stem}"
        try:
            team.cloud.session.client("mwaa").invoke_rest_api(Name=NEW, Method="GET", Path=path)
        except ClientError:
            return False
        return True

    wait_until("Airflow has the DAG", has_dag)
    assert_as_expected(*there)
    # Neither a log nor what Airflow stores of the run has a value.
    assert files_with(CANARY, team.state) == set()


def test_a_dag_taken_out_of_the_folder_goes_and_others_stay(team: Platform, folder: Path) -> None:
    assert team.outputs(f"Env-{NEW}")["BucketName"] == BUCKET
    s3 = team.cloud.session.client("s3")
    s3.put_object(Bucket=BUCKET, Key="dags/of-somebody-else.py", Body=b"")

    def dags() -> set[str]:
        listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="dags/")["Contents"]
        names = {each["Key"].removeprefix("dags/") for each in listed}
        return {name for name in names if not name.startswith("mwaa_platform_")}

    others = {"of-somebody-else.py", "hello_lineage.py"}
    assert dags() == {"team.py", "parts/old.sql", *others}
    (folder / "team" / "dags" / "parts" / "old.sql").unlink()
    Deployment(
        folder=team.state / "cdk",
        stand_in=team.cloud,
        processes=Processes(folder / "processes.json"),
        log=folder / "cdk.log",
    ).deploy()
    assert dags() == {"team.py", *others}


def test_nothing_of_a_web_server_behind_the_gate_answers_without_a_sign_in(team: Platform) -> None:
    ui = team.ui(EXISTING)
    with team.visitor() as visitor:
        for method, path in (("GET", "/"), ("GET", "/health"), ("POST", "/api/v1/dags")):
            answer = visitor.http.request(method, ui + path, follow_redirects=False)
            assert answer.status_code == 302
            assert answer.headers["location"].startswith(team.identity_provider)
        # The provider would get to know the token.
        answer = visitor.http.get(f"{ui}{SIGN_IN}?login=true", follow_redirects=False)
        assert (answer.status_code, "location" in answer.headers) == (401, False)


def test_a_person_passes_the_gate_once_and_is_in_airflow(team: Platform) -> None:
    ui, asked = team.ui(EXISTING), []
    with team.visitor() as visitor:
        portal = visitor.sign_in(team.portal, email=ADMIN)
        visitor.http.event_hooks["response"].append(lambda answer: asked.append(answer.request.url))
        visitor.enter(sign_in_links(portal)[EXISTING, "Admin"])

        assert visitor.http.get(f"{ui}/home", follow_redirects=False).status_code == 200
        gated = [url for url in asked if str(url).startswith(f"{ui}/") and "gate" in url.params]
        assert len(gated) == 2
        at_provider = [url for url in asked if str(url).startswith(team.identity_provider)]
        assert [url.params.get("client_id") for url in at_provider] == [OWN_CLIENTS["UiGate"]]
        assert not [url for url in at_provider if url.fragment]
        assert len([url for url in asked if url.fragment]) == 1

        # Later links find both sessions.
        asked.clear()
        visitor.enter(sign_in_links(portal)[EXISTING, "Admin"])
        assert not [url for url in asked if str(url).startswith(team.identity_provider)]


@pytest.mark.browser
def test_a_browser_goes_by_the_gate_into_airflow(page: Page, team: Platform) -> None:
    """From the portal to the gate, by the provider, back to the portal, and then to Airflow."""
    portal, gate, provider = (
        urlsplit(url).netloc for url in (team.portal, team.ui(EXISTING), team.identity_provider)
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).netloc))
    sign_in(page, team, ADMIN)
    asked.clear()
    open_environment(page, team, EXISTING, "Admin")
    hosts = [host for host, _ in groupby(asked)]
    assert hosts == [portal, gate, provider, gate, portal, gate]
    assert not [url for url in history(page) if "#" in url or "login=true" in url]

    # Without its session the gate asks nobody: the provider would get to know the token.
    page.context.clear_cookies(name=re.compile(f"{COOKIE}-gate-"))
    asked.clear()
    answer = page.goto(f"{team.ui(EXISTING)}{SIGN_IN}?login=true#token")
    assert answer is not None
    assert answer.status == 401
    assert set(asked) == {gate}
    page.goto(team.portal)
    open_environment(page, team, EXISTING, "Admin")


def test_what_a_web_server_sees_at_the_gate_opens_no_portal(team: Platform) -> None:
    """Under the portal's own cookie name as well, though all sessions have one key here."""
    with team.visitor() as visitor, team.visitor() as plugin:
        visitor.sign_in(f"{team.ui(EXISTING)}/", email=ADMIN)
        seen = {each.name: str(each.value) for each in visitor.http.cookies.jar}
        gate = {name: value for name, value in seen.items() if name.startswith(f"{COOKIE}-gate-")}
        assert gate
        renamed = {name.replace("-gate", ""): value for name, value in gate.items()}
        for cookies in (gate, renamed):
            header = "; ".join(f"{name}={value}" for name, value in cookies.items())
            answer = plugin.http.get(
                team.portal, headers={"Cookie": header}, follow_redirects=False
            )
            assert answer.status_code == 302
            assert answer.headers["location"].startswith(team.identity_provider)
