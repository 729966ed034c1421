"""`doctor`, `status`, `urls`, `open` and `logs` of what `up` runs, whose Airflows are real."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from local.layout import ROOT
from tests.conftest import Platform
from tests.integration.visitor import sign_in_links
from tests.waits import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]


def command(platform: Platform, *arguments: str) -> subprocess.CompletedProcess[str]:
    said = subprocess.run(
        [ROOT / "mwaa-platform", *arguments, "--local", "--state", platform.state],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in said.stderr
    return said


def test_airflow_answers_and_its_scheduler_lives(platform: Platform) -> None:
    def healthy() -> set[str]:
        findings = json.loads(command(platform, "doctor", "--json").stdout)
        return {
            each["subject"]
            for each in findings
            if each["note"] == "Its components are healthy." and not each["wrong"]
        }

    environments = platform.summary["environments"]
    # A scheduler's first heartbeat may come later than the web server.
    wait_until("health", lambda: healthy() == {f"Airflow of {each}" for each in environments})


def test_the_environments_side_by_side(platform: Platform) -> None:
    with platform.visitor() as admin:
        portal = admin.sign_in(platform.portal, email="admin@example.com")
        link = sign_in_links(portal)["reporting", "Admin"]
        assert admin.follow_to_token(link)
    said = command(platform, "status", "--json")
    assert said.returncode == 0
    found = {each["name"]: each for each in json.loads(said.stdout)}
    assert found.keys() == platform.summary["environments"].keys()
    reporting = found["reporting"]
    assert reporting["state"] == "AVAILABLE"
    assert (reporting["version"], reporting["newest"]) == ("2.10.3", "3.3.1")
    assert reporting["workers"] == [1, 5]
    assert reporting["lineage"] == ["atlan"]
    assert reporting["import_errors"] == 0
    assert reporting["sign_ins"] >= 1
    table = command(platform, "status").stdout
    assert "reporting" in table
    assert "2.10.3 (newest 3.3.1)" in table


def test_the_addresses_lead_where_they_say(platform: Platform) -> None:
    said = command(platform, "urls", "--json")
    assert said.returncode == 0, said.stderr
    found = {(each["of"], each["what"]): each["url"] for each in json.loads(said.stdout)}
    assert found["portal", "portal"] == platform.portal
    assert found["lineage", "lineage"] == platform.summary["lineage"]
    assert found["analytics", "web-server"].rstrip("/") == platform.airflow("analytics")
    with platform.visitor() as visitor:
        chosen = visitor.sign_in(found["reporting", "sign-in"], email="viewer@example.com")
        assert set(sign_in_links(chosen)) == {("reporting", "Viewer"), ("reporting", "Op")}


def test_opening_an_environment_in_the_browser(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{seen}"\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    said = command(platform, "open", "reporting", "--role", "Viewer")
    assert said.returncode == 0, said.stderr
    assert seen.read_text() == said.stdout
    with platform.visitor() as visitor:
        visitor.sign_in(platform.portal, email="viewer@example.com")
        location = visitor.follow_to_token(said.stdout.strip()).headers["location"]
    assert location.startswith(f"{platform.airflow('reporting')}/aws_mwaa/aws-console-sso")


def test_the_line_that_an_error_page_names(platform: Platform) -> None:
    with platform.visitor() as viewer:
        viewer.sign_in(platform.portal, email="viewer@example.com")
        link = "aws_mwaa/aws-console-sso?mwaa_env=reporting&rbac_role=Admin"
        page = viewer.open(f"{platform.portal}{link}")
    [reference] = set(re.findall(r"\b[0-9a-f]{16}\b", page.text))
    said = command(platform, "logs", reference)
    assert said.returncode == 0
    for words in ("viewer@example.com", "deny", "reporting"):
        assert words in said.stdout
    assert command(platform, "logs", "0" * 16).returncode == 1
