"""The states of an application's stacks, and what became of one, from two looks at it."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cli.deploy.states import Outcome, State, outcome, read_states
from cli.doctor.stack_states import stack_states

BEFORE, AFTER = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2))


def state(status: str, since: datetime = AFTER) -> State:
    return State(id="arn", status=status, since=since, protected=True)


FORMER = state("UPDATE_ROLLBACK_COMPLETE", BEFORE)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, None, Outcome.NOT_BEGUN),
        (None, state("CREATE_COMPLETE"), Outcome.DONE),
        (None, state("ROLLBACK_COMPLETE"), Outcome.FAILED),
        (FORMER, FORMER, Outcome.NOT_BEGUN),
        (FORMER, FORMER._replace(protected=False), Outcome.NOT_BEGUN),
        (FORMER, state("UPDATE_ROLLBACK_COMPLETE"), Outcome.FAILED),
        (FORMER, state("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), Outcome.DONE),
        (FORMER, state("UPDATE_IN_PROGRESS"), Outcome.GOING_ON),
        (FORMER, state("UPDATE_ROLLBACK_FAILED"), Outcome.FAILED),
    ],
)
def test_a_stack_whose_change_was_planned(
    before: State | None, after: State | None, expected: Outcome
) -> None:
    assert outcome(before, after, changes=True, succeeded=False) is expected


def test_a_stack_that_was_left_alone() -> None:
    assert outcome(FORMER, FORMER, changes=False, succeeded=False) is Outcome.UNCHANGED
    assert outcome(FORMER, FORMER, changes=True, succeeded=True) is Outcome.UNCHANGED


def test_stacks_of_another_application_are_not_seen_whose_name_begins_with_this_one() -> None:
    names = [
        "data-Sso",
        "data-Env-lake",
        "data-platform-Sso",
        "data-platform-Env-lake",
        "datas-Sso",
    ]
    common = {"StackId": "arn", "StackStatus": "UPDATE_COMPLETE", "CreationTime": BEFORE}
    listed = [{**common, "StackName": name} for name in names]
    pages = [{"Stacks": listed, "StackSummaries": listed}]
    cloudformation = SimpleNamespace(
        get_paginator=lambda _: SimpleNamespace(paginate=lambda: pages)
    )
    platform: Any = SimpleNamespace(
        session=SimpleNamespace(client=lambda _: cloudformation),
        outline=SimpleNamespace(app_name="data"),
    )
    assert list(read_states(platform)) == ["Sso", "Env-lake"]
    assert [each.stack for each in stack_states(platform)] == ["Sso", "Env-lake"]
