"""`doctor` of the platform that `up` runs, whose Airflows are real."""

from __future__ import annotations

import json
import subprocess

import pytest

from local.layout import ROOT
from tests.conftest import Platform
from tests.waits import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]


def test_airflow_answers_and_its_scheduler_lives(platform: Platform) -> None:
    def healthy() -> set[str]:
        said = subprocess.run(
            [ROOT / "mwaa-platform", "doctor", "--local", "--state", platform.state, "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in said.stderr
        findings = json.loads(said.stdout)
        return {
            each["subject"]
            for each in findings
            if each["note"] == "Its components are healthy." and not each["wrong"]
        }

    environments = platform.summary["environments"]
    # A scheduler's first heartbeat may come later than the web server.
    wait_until("health", lambda: healthy() == {f"Airflow of {each}" for each in environments})
