"""`lineage token set` and `lineage check` on the running platform."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.layout import ROOT
from mwaa_platform_preflight.catalogues import MARKER_JOB
from tests.conftest import Platform
from tests.integration.test_lineage_delivery import events
from tests.integration.test_sign_in import PRIVATE, PUBLIC

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]

CANARY = "canary-checked-token-77ab"
FROM_AIRFLOW = "From inside Airflow"


def lineage(
    platform: Platform, *arguments: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "mwaa-platform"), "lineage", *arguments, "--local", "--state", platform.state],
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
    )


def findings(result: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def of_the_preflight(platform: Platform) -> list[str]:
    names = [each["event"]["job"]["name"] for each in events(platform)]
    return [name for name in names if name == MARKER_JOB or "preflight" in name]


@pytest.fixture
def kept_token(platform: Platform, request: pytest.FixtureRequest) -> Any:
    """The secret of an environment, which has its token again after the test."""
    secrets = platform.cloud.session.client("secretsmanager")
    arn = platform.outputs(f"Env-{request.param}")["LineageTokenSecretArn"]
    token = secrets.get_secret_value(SecretId=arn)["SecretString"]
    yield lambda text: secrets.put_secret_value(SecretId=arn, SecretString=text)
    secrets.put_secret_value(SecretId=arn, SecretString=token)


@pytest.mark.parametrize("environment", [PUBLIC, PRIVATE])
def test_airflow_itself_says_that_all_is_well(platform: Platform, environment: str) -> None:
    result = lineage(platform, "check", "-e", environment, "--json")

    found = findings(result)
    assert result.returncode == 0, result.stdout + result.stderr
    assert not [each for each in found if each["wrong"]]
    seen = {each["subject"] for each in found if each["from"] == FROM_AIRFLOW}
    assert {"Plugin", "Package", "Listener", "Transport", "Authentication of atlan"} <= seen
    assert {"Connection", "Address", "Token", "TLS", "Answer"} <= seen


def test_no_event_is_sent_but_a_marker_that_is_asked_for(platform: Platform) -> None:
    before = of_the_preflight(platform)
    assert lineage(platform, "check", "-e", PUBLIC).returncode == 0
    assert of_the_preflight(platform) == before

    result = lineage(platform, "check", "-e", PUBLIC, "--send-marker")
    assert result.returncode == 0
    assert "makes an asset" not in result.stderr
    assert of_the_preflight(platform) == [*before, MARKER_JOB]


@pytest.mark.parametrize("kept_token", [PRIVATE], indirect=True)
def test_a_placeholder_is_found_and_a_token_put_in_without_a_trace(
    platform: Platform, kept_token: Any
) -> None:
    kept_token("...")
    result = lineage(platform, "check", "-e", PRIVATE)
    assert result.returncode == 1
    assert result.stdout.count("The secret has no token yet.") == 2

    result = lineage(platform, "token", "set", "-e", PRIVATE, typed=f"{CANARY}\n")
    assert result.returncode == 0, result.stderr
    assert CANARY not in result.stdout + result.stderr
    result = lineage(platform, "check", "-e", PRIVATE)
    assert result.returncode == 0
    assert CANARY not in result.stdout + result.stderr
    assert _files_with(CANARY, platform.state / "airflow" / PRIVATE / "logs") == []


def _files_with(secret: str, folder: Path) -> list[str]:
    found = subprocess.run(
        ["grep", "-rlaF", "-e", secret, str(folder)], capture_output=True, text=True, check=False
    )
    return found.stdout.splitlines()
