"""Failures of every resource type, each followed by a deployment that succeeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tests.updates.failures import (
    KEPT,
    PROTECTED,
    STACKS,
    Account,
    fail_creations,
    failure,
    one,
)

ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE"


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a failure left, and what came of the next deployment; `problem` if either was wrong."""

    FAILED: ClassVar = "wrong: "

    kind: str
    stack: str
    failed: str
    left: str
    next: str
    problem: str = ""


def every_type(account: Account) -> Mapping[str, str]:
    """The first stack with a resource of each type, in an order of deployment."""
    found: dict[str, str] = {}
    for stack in STACKS:
        for resource in account.resources(stack).values():
            found.setdefault(resource["Type"], stack)
    return found


def first_creations(account: Account) -> Iterator[Row]:
    """Lets one creation after another fail; afterwards every stack is there."""
    for stack in reversed(STACKS):
        account.remove(stack)
    for stack in STACKS:
        for kind, first in every_type(account).items():
            if first == stack:
                account.remove(stack)
                yield _first_creation(account, stack, kind)


def _first_creation(account: Account, stack: str, kind: str) -> Row:
    problem, left = "", ""
    try:
        kept = fail_creations(account, failure(stack, one(account, stack, kind)))
        left = ", ".join(["ROLLBACK_COMPLETE", *(f"a {each}" for each in sorted(kept & KEPT))])
    except AssertionError as error:
        problem = left = Row.FAILED + str(error).partition("\n")[0]
        account.unlock(stack)
    if not account.deploy(stack):
        problem = problem or "The next deployment failed."
    return Row(
        kind=kind,
        stack=stack,
        failed="creation",
        left=left,
        next=_next(problem, "succeeds, unlocked first" if stack in PROTECTED else "succeeds"),
        problem=problem,
    )


def updates(account: Account) -> Iterator[Row]:
    """Lets one update after another fail, each stack's to and fro between the two assemblies."""
    after = dict.fromkeys(STACKS, account.second)
    for kind in every_type(account):
        if place := _changed(account, kind):
            stack, logical_id = place
            yield _update(account, stack, logical_id, kind, after[stack])
            after[stack] = ({account.first, account.second} - {after[stack]}).pop()


def _changed(account: Account, kind: str) -> tuple[str, str] | None:
    """Stack and logical id of a resource of the type in which the assemblies differ."""
    for stack in STACKS:
        first = account.resources(stack, account.first)
        second = account.resources(stack, account.second)
        for logical_id, resource in first.items():
            if resource["Type"] == kind and second.get(logical_id) != resource:
                return stack, logical_id
    return None


def _update(account: Account, stack: str, logical_id: str, kind: str, to: Path) -> Row:
    before = account.inventory()
    account.fail(failure(stack, logical_id, "update"), assembly=to)
    status = account.status(stack)
    differs = sorted(kind for kind, _ in account.inventory() ^ before)
    problem = "" if status == ROLLED_BACK and not differs else f"{Row.FAILED}{status}, {differs}"
    if not account.deploy(stack, assembly=to):
        problem = problem or "The next deployment failed."
    return Row(
        kind=kind,
        stack=stack,
        failed="update",
        left=problem or f"{status}, all as before",
        next=_next(problem, "succeeds"),
        problem=problem,
    )


def _next(problem: str, otherwise: str) -> str:
    return f"{Row.FAILED}{problem}" if problem else otherwise
