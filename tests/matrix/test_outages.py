"""Outages of a catalogue or of Secrets Manager: tasks succeed, some seconds later."""

from __future__ import annotations

import pytest

from mwaa.monitoring.environment import LINEAGE_FAILED
from tests.matrix.environment_files import CANARY
from tests.matrix.observation import OUTAGES, PREFLIGHT, TRIGGERED, Condition, Observed


@pytest.mark.parametrize("outage", OUTAGES)
def test_tasks_succeed_and_are_held_back_no_longer_than_documented(
    observed: Observed, outage: Condition
) -> None:
    run, well = observed.runs[outage], observed.runs[Condition.WELL]
    assert run.state == "success"
    assert not run.is_held_back(beside=well), (run, well)


@pytest.mark.parametrize("outage", [Condition.FAILING, Condition.HANGING])
def test_the_catalogue_is_not_asked_again_and_again(observed: Observed, outage: Condition) -> None:
    """Start and end of a task and of its DAG, each tried twice at most."""
    assert 1 <= observed.asked[outage].catalogue <= 8


def test_without_secrets_manager_no_task_sends_and_one_waits_for_it(observed: Observed) -> None:
    assert observed.events(Condition.NO_SECRETS, f"{TRIGGERED}.work") == []
    assert 1 <= observed.asked[Condition.NO_SECRETS].secrets <= 2


@pytest.mark.parametrize("outage", OUTAGES)
def test_the_log_of_the_task_says_so(observed: Observed, outage: Condition) -> None:
    log = observed.airflow.log_of(TRIGGERED, outage)
    wanted = "No lineage token" if outage == Condition.NO_SECRETS else "Failed to emit OpenLineage"
    assert wanted in log
    assert any(term in log for term in LINEAGE_FAILED.terms)  # so that an alarm hears of it


def test_the_preflight_finds_nothing_wrong_while_all_is_well(observed: Observed) -> None:
    log = observed.airflow.log_of(PREFLIGHT, PREFLIGHT)
    assert observed.preflight == "success", log
    assert "the secret can be read and holds one" in log
    assert CANARY not in log
