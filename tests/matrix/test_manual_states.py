"""State changes by people in Airflow 3, whose API server the lineage provider forks."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.matrix.expected import kinds_of
from tests.matrix.manual_states import RUNS, STATES, ManualStates
from tests.matrix.observation import TRIGGERED
from tests.matrix.versions import FIRST_WITH_EXECUTION_API, parameters

pytestmark = pytest.mark.parametrize(
    "manual_states", parameters(since=FIRST_WITH_EXECUTION_API, by_default=()), indirect=True
)


def test_everybody_gets_an_answer(manual_states: ManualStates) -> None:
    assert {*manual_states.answers} == {("task", 200), ("run", 200), ("sign-in", 201)}, (
        manual_states.answers
    )


def test_no_connection_to_the_database_is_broken(manual_states: ManualStates) -> None:
    for log in (manual_states.database_log, manual_states.airflow.logs()):
        assert "SSL error" not in log
        assert "PendingRollbackError" not in log


def test_no_process_that_sends_an_event_has_to_be_ended(manual_states: ManualStates) -> None:
    assert "will be terminated by listener" not in manual_states.airflow.logs()


def test_each_state_that_was_set_is_told(manual_states: ManualStates) -> None:
    each = Counter({"COMPLETE": RUNS // len(STATES), "FAIL": RUNS // len(STATES)})
    found = kinds_of(manual_states.catalogue.received)
    assert found == {TRIGGERED: each, f"{TRIGGERED}.work": each}
