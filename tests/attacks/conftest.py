"""The attacked platform, and the option that writes docs/attacks.md."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.layout import ROOT
from tests.attacks.table import ATTACKS, DOCUMENT, render
from tests.attacks.target import QUICK_START, Target, attacked
from tests.conftest import platform_of, project_configuration

Results = dict[str, list[str]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-attacks", action="store_true", help="write docs/attacks.md from what was found"
    )


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with (
        platform_of(every_way_in(), tmp_path_factory.mktemp("attacks")) as platform,
        attacked(platform) as target,
    ):
        yield target


def every_way_in() -> dict[str, Any]:
    """The project's configuration with a gated host for one environment, and QuickStart beside it.

    Each has a client of its own, and the session's cookie a name that no sibling may set.
    """
    configuration = project_configuration()
    secrets = "arn:aws:secretsmanager:us-east-1:111122223333:secret:of-the"
    sample = json.loads((ROOT / "samples" / "quick-start.json").read_text())
    configuration["Alb"] |= {
        "DomainName": "example.com",
        "HostedZoneId": "Z0123456789",
        "AllowedCidrs": sample["Alb"]["AllowedCidrs"],
        "SessionCookieName": "__Host-AWSELBAuthSessionCookie",
    }
    configuration["UiGate"] = {"ClientId": "gate", "ClientSecretArn": f"{secrets}-gate-AbCdEf"}
    configuration["QuickStart"] = sample["QuickStart"] | {
        "MwaaEnvironmentName": QUICK_START,
        "ClientId": "quick-start",
        "ClientSecretArn": f"{secrets}-quick-start-AbCdEf",
    }
    reporting = next(
        each for each in configuration["MwaaEnvironments"] if each["Name"] == "reporting"
    )
    reporting["UiHost"] = "reporting.example.com"
    return configuration


@pytest.fixture(scope="session")
def writes(pytestconfig: pytest.Config) -> bool:
    """Whether the document is being written, and need not be right yet."""
    return bool(pytestconfig.getoption("--write-attacks", default=False))


@pytest.fixture(scope="session")
def results(writes: bool) -> Iterator[Results]:
    """What each attack that has run came to."""
    results: Results = {}
    yield results
    if writes and len(results) == len(ATTACKS):
        DOCUMENT.write_text(render(results))
