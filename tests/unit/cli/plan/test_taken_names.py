"""Environments whose names are taken before a deployment makes them."""

from __future__ import annotations

from typing import Any, cast

import pytest

from cli.deploy.obstacles import obstacles, passes
from cli.deployed import DeployedPlatform
from cli.plan.plan import Plan
from cli.plan.taken_names import taken_names
from config.outline import Outline
from errors import Finding
from tests.unit.cli.plan.applications import PREFIX
from tests.unit.cli.plan.test_deployed import Account


def found(environments: dict[str, str], *made: str) -> list[Finding]:
    platform = DeployedPlatform(
        configuration=cast(Any, None),
        outline=Outline(app_name=PREFIX),
        place="there",
        session=cast(Any, Account(environments=environments)),
        variables={},
        ca_file="",
    )
    return list(taken_names(platform, made))


def test_a_name_that_is_free() -> None:
    assert found({"other": "AVAILABLE"}, "lake") == []


@pytest.mark.parametrize(("status", "ends"), [("AVAILABLE", False), ("DELETING", True)])
def test_a_name_that_is_taken_stops_the_deployment(status: str, ends: bool) -> None:
    [finding] = found({"lake": status, "sea": "AVAILABLE"}, "lake", "pond")
    assert finding.subject == "Environment lake"
    assert status in finding.message
    assert "docs/moving-in.md" in str(finding.remedy)
    plan = cast(Plan, type("P", (), {"uncertain": (finding,)}))
    assert list(obstacles(plan, {"lake"})) == [finding]
    assert passes(finding) is ends
