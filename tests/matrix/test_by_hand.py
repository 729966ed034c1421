"""The API server of Airflow 3, which is forked by the lineage provider when people set states."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.matrix.by_hand import RUNS, STATES, ByHand
from tests.matrix.expected import kinds_of
from tests.matrix.scenes import TOLD
from tests.matrix.versions import FIRST_WITH_EXECUTION_API, parameters

pytestmark = pytest.mark.parametrize(
    "by_hand", parameters(since=FIRST_WITH_EXECUTION_API, by_default=()), indirect=True
)


def test_everybody_gets_an_answer(by_hand: ByHand) -> None:
    assert {*by_hand.answers} == {("task", 200), ("run", 200), ("sign-in", 201)}, by_hand.answers


def test_no_connection_to_the_database_is_broken(by_hand: ByHand) -> None:
    for log in (by_hand.database_log, by_hand.airflow.logs()):
        assert "SSL error" not in log
        assert "PendingRollbackError" not in log


def test_no_process_that_sends_an_event_has_to_be_ended(by_hand: ByHand) -> None:
    assert "will be terminated by listener" not in by_hand.airflow.logs()


def test_each_state_that_was_set_is_told(by_hand: ByHand) -> None:
    each = Counter({"COMPLETE": RUNS // len(STATES), "FAIL": RUNS // len(STATES)})
    found = kinds_of(by_hand.catalogue.received)
    assert found == {TOLD: each, f"{TOLD}.work": each}
