"""The command, asked about a platform in an AWS on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import loopback
from tests.unit.cli.explain.fake_aws import FakeAws, Stack
from tests.unit.cli.terminal import Result, Terminal
from tests.unit.config.configurations import SMALLEST

ENVIRONMENT = "fore_casting"
STACK = "mwaa-platform-Env-fore-casting-376318"
PORTAL = ("mwaa-platform-Network", "mwaa-platform-Grants", "mwaa-platform-Sso")


@dataclass(frozen=True)
class Explain:
    """The command, about a configuration with a new environment and one that exists."""

    terminal: Terminal
    configuration: Path

    def __call__(self, *arguments: str, **sections: Any) -> Result:
        """Asks; `sections` stand in place of the configuration's own."""
        entries = [
            {"Name": ENVIRONMENT, "AirflowVersion": "3.3.1", "VpcCIDR": "10.3.0.0/16"},
            {"Name": "old_one"},
        ]
        raw = {**SMALLEST, "MwaaEnvironments": entries, **sections}
        self.configuration.write_text(json.dumps(raw))
        result = self.terminal.type("explain", *arguments, "-c", str(self.configuration))
        assert "Traceback" not in result.said
        return result


@dataclass(frozen=True)
class CdkCli:
    """A program in the CDK CLI's place, which says what it is told to say."""

    said: Path

    def says(self, text: str) -> None:
        self.said.write_text(text)


@pytest.fixture
def explain(terminal: Terminal, tmp_path: Path) -> Explain:
    return Explain(terminal, tmp_path / "cdk.context.json")


@pytest.fixture
def cdk_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CdkCli:
    """A CLI that takes no second to start, and finds nothing unless it is told."""
    program, said = tmp_path / "cdk", tmp_path / "said"
    said.write_text("")
    program.write_text(f'#!/bin/sh\ncat "{said}"\nexit 1\n')
    program.chmod(0o700)
    monkeypatch.setattr("local.cdk_cli.CDK", program)
    return CdkCli(said)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    """All is well."""
    aws = FakeAws(
        stacks={name: Stack(status="UPDATE_COMPLETE") for name in (*PORTAL, STACK)},
        environments={
            ENVIRONMENT: {"Status": "AVAILABLE", "LastUpdate": {"Status": "SUCCESS"}},
            "old_one": {"Status": "AVAILABLE"},
        },
    )
    with loopback.serving(loopback.Server(aws.answer)) as server:
        settings = loopback.aws_settings(server.url)
        # MWAA's API is asked at api.<endpoint>, which is no address here.
        for name, value in {**settings, "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield aws
