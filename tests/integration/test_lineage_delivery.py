"""Events of a run in each environment: namespace, token and rotation."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from local.airflow_runtime.home import temporary_folder
from tests.conftest import TOKEN_CACHE_SECONDS, Platform
from tests.integration.test_sign_in import PRIVATE, PUBLIC, deep_link, trigger
from tests.waits import comes_true, wait_until

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]

ROTATED = f"canary-rotated-{uuid4().hex}"
CACHE = f"mwaa-platform-{os.geteuid()}"


def events(platform: Platform) -> list[dict[str, Any]]:
    with platform.visitor() as visitor:
        received: list[dict[str, Any]] = visitor.http.get(
            f"{platform.summary['lineage']}events"
        ).json()
    return received


def run(platform: Platform, environment: str, dag: str = "hello_lineage") -> str:
    """Run a DAG as its environment's administrator; returns the time before it."""
    before = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    with platform.visitor() as visitor:
        visitor.sign_in(platform.portal, email="admin@example.com")
        visitor.enter(deep_link(platform, environment, "Admin"))
        answer = trigger(visitor, platform, environment, dag)
        assert answer.is_success, answer.text
    return before


def of_run(
    platform: Platform, environment: str, since: str, dag: str = "hello_lineage"
) -> list[dict[str, Any]]:
    return [
        event
        for event in events(platform)
        if event["received_at"] >= since
        and event["event"]["job"]["namespace"] == environment
        and event["event"]["job"]["name"].startswith(dag)
    ]


def wait_for(platform: Platform, arrived: Callable[[], bool], what: str) -> None:
    if not comes_true(arrived):
        seen = [(e["event"]["job"]["name"], e["event"].get("eventType")) for e in events(platform)]
        pytest.fail(f"{what} did not arrive; the endpoint has {seen}")


def finished(received: list[dict[str, Any]]) -> bool:
    states = {(each["event"]["job"]["name"], each["event"]["eventType"]) for each in received}
    wanted = ("hello_lineage", "hello_lineage.write", "hello_lineage.read")
    return all((job, state) in states for job in wanted for state in ("START", "COMPLETE"))


def datasets_of(received: list[dict[str, Any]], job: str) -> tuple[list[str], list[str]]:
    """The files that a job read and wrote, as the event of its end names them."""
    (end,) = [
        each["event"]
        for each in received
        if each["event"]["job"]["name"] == job and each["event"]["eventType"] == "COMPLETE"
    ]
    read, written = (
        [Path(each["name"]).name for each in end[key]] for key in ("inputs", "outputs")
    )
    return read, written


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@pytest.mark.parametrize("environment", [PUBLIC, PRIVATE])
def test_a_run_arrives_with_the_token_of_secrets_manager_and_a_changed_one_follows(
    platform: Platform, environment: str
) -> None:
    secrets = platform.cloud.session.client("secretsmanager")
    arn = platform.outputs(f"Env-{environment}")["LineageTokenSecretArn"]
    token = secrets.get_secret_value(SecretId=arn)["SecretString"]

    since = run(platform, environment)
    wait_for(platform, lambda: finished(of_run(platform, environment, since)), "the run")
    received = of_run(platform, environment, since)
    assert {each["path"] for each in received} == {
        "/events/openlineage/airflow-mwaa/api/v1/lineage"
    }
    assert {each["bearer_sha256"] for each in received} == {digest(token)}
    assert datasets_of(received, "hello_lineage.read") == (
        ["orders.csv"],
        ["totals_by_country.csv"],
    )

    secrets.put_secret_value(SecretId=arn, SecretString=ROTATED)
    (kept,) = caches(platform, environment)
    wait_until(
        "The token in the cache is too old",
        lambda: time.time() > kept.stat().st_mtime + TOKEN_CACHE_SECONDS,
    )
    since = run(platform, environment)
    wait_for(platform, lambda: finished(of_run(platform, environment, since)), "the second run")
    received = of_run(platform, environment, since)
    assert {each["bearer_sha256"] for each in received} == {digest(ROTATED)}

    # Other environments have the token of a secret of their own in a cache of theirs.
    own, others = caches(platform, environment), caches(platform, "*")
    assert files_with(ROTATED, platform.state) - (others - own) == own
    given = platform.state / "secrets" / "lineage-token"
    assert files_with(token, platform.state) - (others - own) == {given}
    assert files_with(ROTATED, Path(tempfile.gettempdir(), CACHE)) == set()
    (cache,) = own
    assert [mode(each) for each in (cache, cache.parent, given)] == [0o600, 0o700, 0o600]


def test_an_environments_requirements_and_plugins_came_from_its_bucket(platform: Platform) -> None:
    for environment in (PUBLIC, PRIVATE):
        deployed = platform.cloud.session.client("mwaa").get_environment(Name=environment)[
            "Environment"
        ]
        bucket = deployed["SourceBucketArn"].rpartition(":")[2]
        stored = platform.cloud.session.client("s3").get_object(
            Bucket=bucket, Key=deployed["RequirementsS3Path"]
        )
        text = stored["Body"].read().decode()
        assert text.startswith('--constraint "https://')
        assert f"constraints-{deployed['AirflowVersion']}/" in text
        assert "apache-airflow-providers-openlineage" in text
        here = platform.state / "airflow" / environment / "s3" / "requirements.txt"
        assert here.read_text() == text


def test_airflow_reads_its_own_secret_and_no_other(platform: Platform) -> None:
    own = platform.outputs(f"Env-{PRIVATE}")["LineageTokenSecretArn"]
    other = platform.outputs(f"Env-{PUBLIC}")["LineageTokenSecretArn"]
    assert read_secret(platform, PRIVATE, own).stdout == f"{own}\n"
    assert "AccessDenied" in read_secret(platform, PRIVATE, other).stderr


def read_secret(
    platform: Platform, environment: str, secret: str
) -> subprocess.CompletedProcess[str]:
    """Ask for a secret as an environment's Airflow; its ARN is printed.

    Airflow's processes have no other way to AWS than the file that is used here.
    """
    program = (
        "import boto3, sys; from botocore.config import Config;"
        "client = boto3.client('secretsmanager', config=Config(retries={'total_max_attempts': 1}));"
        "print(client.get_secret_value(SecretId=sys.argv[1])['ARN'])"
    )
    return subprocess.run(
        [sys.executable, "-c", program, secret],
        env={
            "AWS_CONFIG_FILE": str(platform.state / "airflow" / environment / "aws-config"),
            "AWS_PROFILE": "role",
            "AWS_ENDPOINT_URL": platform.summary["aws"],
            "AWS_DEFAULT_REGION": "us-east-1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def caches(platform: Platform, environment: str) -> set[Path]:
    """The files in which the processes of an Airflow keep tokens for one another."""
    homes = (platform.state / "airflow").glob(environment)
    folders = (temporary_folder(home) / CACHE for home in homes)
    return {each for folder in folders for each in folder.glob("*") if not each.suffix}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def files_with(secret: str, folder: Path) -> set[Path]:
    found = subprocess.run(
        ["grep", "-rlaF", "-e", secret, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    return {Path(line) for line in found.stdout.splitlines()}
