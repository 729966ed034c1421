"""`deploy` in a process of its own: from nothing, and once more."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from local.layout import ROOT
from tests.integration.deploying import (
    APP,
    CANARY,
    SECOND,
    Deploying,
    deploying,
)

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("deploy")]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploying]:
    with deploying(tmp_path_factory.mktemp("whole"), deployed=False) as made:
        yield made


def begin(platform: Deploying, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(str(ROOT / "mwaa-platform"), *arguments),
            *("--local", "--state", str(platform.layout.state)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "COLUMNS": "100"},
        start_new_session=True,
    )


def deploy(platform: Deploying, *arguments: str) -> tuple[int, str]:
    process = begin(platform, "deploy", "--yes", "--settle", "0s", *arguments)
    said, _ = process.communicate()
    return process.returncode, said


def test_a_platform_is_made_in_stages(platform: Deploying) -> None:
    status, said = deploy(platform)
    assert status == 0, said
    created = {
        each["StackName"].removeprefix(f"{APP}-"): each["CreationTime"]
        for each in platform.cloudformation.describe_stacks()["Stacks"]
    }
    assert created["Sso"] < created[f"Env-{CANARY}"] < created[f"Env-{SECOND}"]

    planned = begin(platform, "plan", "--json")
    found = json.loads(planned.communicate()[0])
    assert found["verdict"] == "Nothing changes."

    status, said = deploy(platform)
    assert (status, "no change" in said) == (0, True), said
