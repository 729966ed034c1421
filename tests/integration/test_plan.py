"""`plan` of the platform that runs here, whose stacks the CDK CLI deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.conftest import Platform, _run

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]

NEW = "analytics"


@contextmanager
def changed(platform: Platform) -> Iterator[dict[str, Any]]:
    """The configuration that is deployed here, to be changed; afterwards it is as it was."""
    file = platform.state / "cdk" / "cdk.context.json"
    before = file.read_text()
    configuration = json.loads(before)
    try:
        yield configuration
    finally:
        file.write_text(before)


def plan(platform: Platform) -> dict[str, Any]:
    done = _run("plan", "--local", "--state", str(platform.state), "--json")
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == found["exit_status"]
    return found


def test_right_after_a_deployment_nothing_changes(platform: Platform) -> None:
    found = plan(platform)
    assert (found["stacks"], found["access"], found["not_told"]) == ([], [], [])
    assert found["verdict"] == "Nothing changes."


def test_an_edit_is_told_by_its_stacks(platform: Platform) -> None:
    with changed(platform) as configuration:
        [entry] = [each for each in configuration["MwaaEnvironments"] if each["Name"] == NEW]
        entry["MaxWorkers"] = 12
        configuration["Grants"].append(
            {"User": "eve@example.com", "Environments": NEW, "Roles": ["Viewer"]}
        )
        (platform.state / "cdk" / "cdk.context.json").write_text(json.dumps(configuration))
        found = plan(platform)
    assert {each["id"]: each["effect"] for each in found["stacks"]} == {
        f"Env-{NEW}": "in place",
        "Grants": "free",
    }
    assert {each["cause"] for each in found["stacks"]} == {"configuration"}
    assert found["restarts"] == [NEW]
    assert [each["principal"] for each in found["access"]] == ["user:eve@example.com"]
    assert found["exit_status"] == 0
