"""The sample of a team's own decision, and one that hangs, in the deployed function."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.layout import ROOT
from tests.attacks.target import ADMIN, STRANGER, Deployed, Target, attacked
from tests.conftest import Platform
from tests.waits import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("platform")]

SAMPLE = ROOT / "samples" / "decisions" / "by_group_name.py"
HANGING = b"""
import re

def decide(question):
    if question.address == "admin@example.com":
        re.match("(a|aa)+$", "a" * 100 + "b")  # no thread could interrupt this
    return question.granted
"""


@pytest.fixture(scope="module")
def target(platform: Platform) -> Iterator[Target]:
    with attacked(platform) as target:
        yield target


@pytest.fixture(scope="module")
def decided(target: Target) -> Deployed:
    function = target.variant("decided-by-group-name", decision=SAMPLE.read_bytes())
    wait_until("it answers", lambda: _opens_portal(target, function))
    return function


def _opens_portal(target: Target, function: Deployed) -> bool:
    return function(target.event("/", sign_in=target.token(STRANGER))).status == 200


def _line(function: Deployed) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(function.line)
    return line


def test_a_group_of_the_right_name_opens_its_environment_under_its_role(
    target: Target, decided: Deployed
) -> None:
    member = target.token(STRANGER | {"groups": ["airflow-analytics-op", "airflow-nowhere-op"]})

    opened = decided(target.link("analytics", "Op", sign_in=member))
    assert opened.status == 302
    assert urlsplit(opened.location).fragment
    assert _line(decided)["because"] == "group airflow-analytics-op"

    for environment, role in (("analytics", "Admin"), ("reporting", "Op")):
        assert decided(target.link(environment, role, sign_in=member)).status == 403
        assert _line(decided)["reason"] == "no grant"
    portal = decided(target.event("/", sign_in=member))
    assert "analytics" in portal.body
    assert "reporting" not in portal.body


def test_what_the_table_grants_does_not_count(target: Target, decided: Deployed) -> None:
    assert target.open_as(ADMIN, "analytics", "Admin").status == 302

    admin = target.token(ADMIN)
    assert decided(target.link("analytics", "Admin", sign_in=admin)).status == 403


def test_one_that_hangs_gets_a_page_and_stops_nobody_else(target: Target) -> None:
    hanging = target.variant("decided-by-nobody", decision=HANGING)
    with target.granted("user:stranger@example.com", "analytics", "Viewer"):
        viewer = target.link("analytics", "Viewer", sign_in=target.token(STRANGER))
        wait_until("it answers", lambda: hanging(viewer).status == 302)

        refused = hanging(target.link("analytics", "Admin", sign_in=target.token(ADMIN)))
        assert refused.status == 503
        assert "did not answer within 2 seconds" in _line(hanging)["reason"]

        wait_until("it answers again", lambda: hanging(viewer).status == 302)
