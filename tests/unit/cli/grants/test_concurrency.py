"""Concurrent changes of the same grants, none of which is lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any

import boto3
import pytest

from cli.grants.grant_changes import Terms, adding, removing
from cli.grants.table_client import ATTEMPTS, GrantsTableClient
from errors import PlatformError
from local.layout import ROOT
from tests.unit.cli.terminal import Commands, entry
from tests.waits import DEADLINE_SECONDS

ADA = "user:ada@example.com"
ROLES = ("Admin", "Op", "User", "Viewer", "Public")


def table(commands: Commands) -> GrantsTableClient:
    return GrantsTableClient(boto3.Session().client("dynamodb"), commands.table)


def grant(role: str, *environments: str) -> dict[str, Terms]:
    return dict.fromkeys(environments or ("analytics",), Terms(frozenset({role}), None))


def meanwhile(mine: GrantsTableClient, somebody_else: Callable[[], Any], *, times: int = 1) -> None:
    """Let somebody else act between the reading and the writing of my next change."""
    left = iter(range(times))

    def act(**_: Any) -> None:
        if next(left, None) is not None:
            somebody_else()

    for operation in ("UpdateItem", "DeleteItem"):
        mine.client.meta.events.register(f"before-call.dynamodb.{operation}", act)


@pytest.mark.parametrize("first", [[], ["User"]], ids=["no item yet", "an item"])
@pytest.mark.parametrize("environment", ["analytics", "reporting"])
def test_both_additions_stay(first: list[str], environment: str, commands: Commands) -> None:
    mine, theirs = table(commands), table(commands)
    for role in first:
        mine.change(ADA, adding(grant(role)))
    meanwhile(mine, lambda: theirs.change(ADA, adding(grant("Viewer", environment))))
    mine.change(ADA, adding(grant("Op")))

    assert commands.roles(ADA, environment) >= {"Viewer"}
    assert commands.roles(ADA) >= {"Op", *first}


def test_what_somebody_takes_away_does_not_come_back(commands: Commands) -> None:
    mine, theirs = table(commands), table(commands)
    mine.change(ADA, adding(grant("Admin")))
    meanwhile(mine, lambda: theirs.change(ADA, removing([], ["Admin"])))
    mine.change(ADA, adding(grant("Viewer")))
    assert commands.roles(ADA) == {"Viewer"}


def test_what_somebody_adds_is_not_deleted_with_the_rest(commands: Commands) -> None:
    mine, theirs = table(commands), table(commands)
    mine.change(ADA, adding(grant("Admin")))
    meanwhile(mine, lambda: theirs.change(ADA, adding(grant("Op", "reporting"))))
    mine.change(ADA, removing(["analytics"], []))
    assert commands.item(ADA) == {"reporting": entry("Op")}


def test_it_gives_up_when_there_is_no_end_of_it(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.grants.table_client.LONGEST_PAUSE_SECONDS", 0)
    mine, theirs = table(commands), table(commands)
    roles = cycle(["Admin", "Op"])

    def fidget() -> None:
        theirs.change(ADA, removing([], []))
        theirs.change(ADA, adding(grant(next(roles))))

    theirs.change(ADA, adding(grant("User")))
    meanwhile(mine, fidget, times=ATTEMPTS)
    with pytest.raises(PlatformError, match="keeps changing"):
        mine.change(ADA, adding(grant("Viewer")))


def test_many_at_once_into_one_item(commands: Commands) -> None:
    environments = [f"e{number}" for number in range(4)]
    start = threading.Barrier(len(ROLES))

    def add(role: str) -> None:
        own = table(commands)
        start.wait()
        own.change(ADA, adding(grant(role, *environments)))

    with ThreadPoolExecutor(len(ROLES)) as pool:
        list(pool.map(add, ROLES))
    for environment in environments:
        assert commands.roles(ADA, environment) == set(ROLES)


def test_two_commands_at_once(commands: Commands) -> None:
    running = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "cli", "grants", "add", "-u", "ada@example.com"),
                *("-e", "analytics", "-r", role, "-c", str(commands.configuration)),
            ],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        for role in ("Viewer", "Op")
    ]
    assert [each.wait(timeout=DEADLINE_SECONDS) for each in running] == [0, 0]
    assert commands.roles(ADA) == {"Viewer", "Op"}


def test_more_environments_than_one_update_can_hold(commands: Commands) -> None:
    environments = [f"{'e' * 70}{number}" for number in range(120)]
    own = table(commands)
    changes = own.change(ADA, adding(grant("Viewer", *environments)))
    assert len(changes) == len(environments)
    own.change(ADA, adding(grant("Op", *environments)))
    assert {frozenset(commands.roles(ADA, each)) for each in environments} == {
        frozenset({"Op", "Viewer"})
    }
    own.change(ADA, removing([], []))
    assert commands.item(ADA) is None
