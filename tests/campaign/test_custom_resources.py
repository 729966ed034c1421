"""Custom resources that are killed after each change that they make, or at each of their lines.

Lambda runs them again with the same event, and CloudFormation may roll the update back: either ends
as if nothing had happened. A run knows nothing of the one before but what AWS keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from local.layout import ROOT
from tests.campaign.death import NEVER, dying
from tests.campaign.resources import RESOURCES
from tests.campaign.stage import Stage, staging

CREATION, UPDATE, DELETION = range(3)
WAYS = ["changes", pytest.param("lines", marks=pytest.mark.long)]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staging() as stage:
        yield stage


def states(stage: Stage, name: str) -> list[Any]:
    """The state after each deployment of a life that nothing disturbs."""
    life, found = stage.begin(RESOURCES[name]), []
    for number in range(life.length):
        life.deploy(number)
        assert life.succeeded, life.told
        found.append(life.scene.state())
    return found


def moments(stage: Stage, name: str, number: int, *, by_line: bool) -> Sequence[int]:
    """The moments of a deployment at which it can die."""
    life = stage.begin(RESOURCES[name])
    life.deploy_all_before(number)
    with dying(NEVER, by_line=by_line) as death:
        life.deploy(number)
    assert death.moments
    return range(1, death.moments + 1)


def test_every_custom_resource_is_here() -> None:
    functions = {each.parent.name for each in (ROOT / "lambda").glob("*/handler.py")}
    assert functions - {"authenticator"} == {*RESOURCES}


@pytest.mark.parametrize("name", RESOURCES)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [CREATION, UPDATE, DELETION])
def test_what_was_killed_and_runs_again_ends_as_if_it_had_not_been(
    stage: Stage, name: str, way: str, number: int
) -> None:
    by_line = way == "lines"
    expected = states(stage, name)[number]
    for at in moments(stage, name, number, by_line=by_line):
        life = stage.begin(RESOURCES[name])
        life.deploy_all_before(number)
        with dying(at, by_line=by_line) as death:
            life.deploy(number)
        assert death.is_dead
        life.deploy(number)
        assert life.succeeded, (at, life.told)
        assert life.scene.state() == expected, f"killed at {at}"


@pytest.mark.parametrize("name", RESOURCES)
@pytest.mark.parametrize("way", WAYS)
def test_what_was_killed_and_is_rolled_back_ends_as_before(
    stage: Stage, name: str, way: str
) -> None:
    by_line = way == "lines"
    before = states(stage, name)[CREATION]
    for at in moments(stage, name, UPDATE, by_line=by_line):
        life = stage.begin(RESOURCES[name])
        life.deploy(CREATION)
        with dying(at, by_line=by_line):
            life.deploy(UPDATE)
        life.roll_back(UPDATE)
        assert life.succeeded, (at, life.told)
        assert life.scene.state() == before, f"killed at {at}"
