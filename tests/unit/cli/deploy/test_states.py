"""What became of a stack, from two looks at it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cli.deploy.states import Outcome, State, outcome

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
