"""MWAA's rules for moves between Airflow versions, over every pair."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from packaging.version import Version

from mwaa.version_moves import STEP_VERSION, Kind, version_move
from mwaa.versions import AIRFLOW_VERSIONS

PAIRS = [*permutations(AIRFLOW_VERSIONS, 2)]
OFFERED = {name for name, each in AIRFLOW_VERSIONS.items() if each.creatable}
ALLOWED_BETWEEN_MAJORS = {
    *((two, three) for two in ("2.11.0", "2.11.2") for three in ("3.0.6", "3.2.1", "3.3.1")),
    *((three, two) for two in ("2.11.0", "2.11.2") for three in ("3.0.6", "3.2.1", "3.3.1")),
}


def is_allowed(before: str, after: str) -> bool:
    """By the rules as AWS's guide has them, written as pairs."""
    is_same_major = before.partition(".")[0] == after.partition(".")[0]
    return after in OFFERED and (is_same_major or (before, after) in ALLOWED_BETWEEN_MAJORS)


def test_every_pair_is_allowed_or_refused_as_the_guide_says() -> None:
    wrong = [pair for pair in PAIRS if version_move(*pair).allowed != is_allowed(*pair)]
    assert wrong == []
    assert {True, False} == {version_move(*pair).allowed for pair in PAIRS}


def test_every_refusal_has_a_reason_and_a_way_round_and_takes_no_time() -> None:
    for pair in PAIRS:
        move = version_move(*pair)
        if not move.allowed:
            assert move.reason, pair
            assert move.way_round, pair
            assert (move.minutes, move.notes) == (0, ()), pair


def test_every_allowed_move_says_how_long_it_takes_and_what_to_know() -> None:
    for before, after in PAIRS:
        move = version_move(before, after)
        if move.allowed:
            assert (move.minutes, move.way_round, move.steps) == (120, None, ())
            assert f"{before} must name {after}" in " ".join(move.notes)


def test_every_pair_goes_up_or_down() -> None:
    for before, after in PAIRS:
        is_up = Version(before) < Version(after)
        assert version_move(before, after).kind is (Kind.UPGRADE if is_up else Kind.DOWNGRADE)


def test_the_steps_of_a_way_round_are_allowed_moves_that_lead_there() -> None:
    for before, after in PAIRS:
        if steps := version_move(before, after).steps:
            assert all(version_move(*each).allowed for each in pairwise([before, *steps]))
            assert steps[-1] == after


def test_from_2_to_3_and_back_through_2_11() -> None:
    up, down = version_move("2.9.2", "3.3.1"), version_move("3.3.1", "2.10.3")
    assert up.steps == ("2.11.2", "3.3.1")
    assert down.steps == ("2.11.2", "2.10.3")
    assert up.reason == "Between Airflow 2 and 3 an environment moves through 2.11 alone."
    assert str(up.way_round).startswith("First deploy 2.11.2, then 3.3.1: two moves.")
    assert STEP_VERSION == "2.11.2"


@pytest.mark.parametrize("version", AIRFLOW_VERSIONS)
def test_a_new_environment_has_a_version_that_is_offered(version: str) -> None:
    creation = version_move(None, version)
    assert creation.allowed == (version in OFFERED)
    assert creation.minutes == (40 if creation.allowed else 0)
    assert version_move(version, version).kind is Kind.NONE
    assert version_move(version, version).minutes == 0


def test_an_ended_version_names_the_nearest_that_is_offered() -> None:
    ended = version_move(None, "2.5.1")
    assert ended.reason == "MWAA has ended Airflow 2.5.1: nothing new is created on it."
    assert ended.way_round == "Take Airflow 2.7.2."
    assert "no environment moves to it" in str(version_move("2.9.2", "2.6.3").reason)


def test_from_airflow_1_only_a_new_environment_leads_on() -> None:
    refused = version_move("1.10.12", "2.11.2")
    assert not refused.allowed
    assert "another name" in str(refused.way_round)
    assert refused.steps == ()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("2.10.3", "2.11.2", "Python 3.11 becomes 3.12"),
        ("2.11.0", "3.3.1", "the step to Airflow 3, which is 2.11.2."),
        ("2.11.2", "3.3.1", "DAGs and plugins must be written for Airflow 3"),
        ("2.11.2", "3.3.1", "apache-airflow-providers-openlineage moves from 2.11.0 to 2.20.0"),
        ("2.6.3", "2.7.2", "by apache-airflow-providers-openlineage from then on, and openlineage"),
        ("2.4.3", "2.7.2", "Lineage is sent by apache-airflow-providers-openlineage"),
        ("2.6.3", "2.7.2", "MWAA has ended 2.6.3: there is no way back."),
        ("3.3.1", "2.11.2", "written for Airflow 2"),
    ],
)
def test_what_to_know_of_an_allowed_move(before: str, after: str, said: str) -> None:
    assert said in " ".join(version_move(before, after).notes)


@pytest.mark.parametrize(
    "unsaid", ["Python", "written for", "no way back", "openlineage", "the step"]
)
def test_what_does_not_change_is_not_said(unsaid: str) -> None:
    assert unsaid not in " ".join(version_move("2.7.2", "2.8.1").notes)


def test_a_version_newer_than_the_table_follows_the_same_rules() -> None:
    assert version_move("3.3.1", "3.99.0").allowed
    assert version_move("2.10.3", "3.99.0").steps == ("2.11.2", "3.99.0")


def test_a_version_that_never_was_is_no_move() -> None:
    with pytest.raises(KeyError):
        version_move("2.9.2", "2.10.2")
