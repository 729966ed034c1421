"""The portal of somebody who may open hundreds of environments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup

from authenticator import aws, environment_states
from tests.unit.authenticator.alb_events import event, token
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import FakeAws, error
from tests.waits import wait_until

COUNT = 200


@pytest.fixture
def listing() -> list[dict[str, str | None]]:
    return [
        {
            "name": f"Team-{number:03}",
            "description": "The Träume warehouse" if number % 10 == 7 else None,
            "airflow_version": "3.3.1",
            "access_mode": "PUBLIC_ONLY",
        }
        for number in range(COUNT)
    ]


@pytest.fixture(autouse=True)
def granted(fake_aws: FakeAws, listing: list[dict[str, str | None]]) -> None:
    fake_aws.grant("group:data", "*", "Viewer", "Op")
    answer = {"Status": "AVAILABLE", "AirflowVersion": "3.3.1"}
    fake_aws.environments = {str(entry["name"]): answer for entry in listing}


def _portal(function: Function, *search: str) -> BeautifulSoup:
    query = {"q": list(search)} if search else None
    answer = function(event("/", query, sign_in=token()))
    assert answer.status == 200
    assert len(answer.body.encode()) < 1_000_000  # what a load balancer takes from a function
    return BeautifulSoup(answer.body, "html.parser")


def _names(page: BeautifulSoup) -> list[str]:
    return [heading.text for heading in page.select(".card h2")]


def test_all_are_listed_and_can_be_filtered(function: Function) -> None:
    page = _portal(function)

    assert _names(page) == [f"Team-{number:03}" for number in range(COUNT)]
    (form,) = page.select("form")
    assert (form["method"], form["action"]) == ("get", "/")
    assert page.select(f"label[for={page.select('input')[0]['id']}]")


@pytest.mark.parametrize(
    ("search", "count"),
    [
        ("", COUNT),
        ("+", COUNT),
        ("team", COUNT),
        ("TEAM-01", 10),
        ("eam-017", 1),
        ("warehouse", 20),
        ("tr%C3%84ume+017", 1),  # a browser sends UTF-8, and + for a space
        ("warehouse++-01", 1),
        ("%30%31%37", 1),
        ("nothing", 0),
        ("%25", 0),
        ("%FF", 0),
        ("%00", COUNT),
        (".*", 0),
        ("x" * 5000, 0),
    ],
)
def test_the_filter_finds_words_in_names_and_descriptions(
    search: str, count: int, function: Function
) -> None:
    page = _portal(function, search)

    assert len(_names(page)) == count
    assert page.select("input")[0]["name"] == "q"


def test_what_was_searched_is_said_and_can_be_undone(function: Function) -> None:
    page = _portal(function, "warehouse")

    assert page.select("input")[0]["value"] == "warehouse"
    assert "20 of 200 environments" in page.text
    assert page.title is not None
    assert page.title.text.startswith("20 of 200")
    assert [link["href"] for link in page.select("main a") if link.text == "Show all"] == ["/"]


def test_nothing_found_is_said(function: Function) -> None:
    page = _portal(function, "nothing")

    assert "Nothing matches your filter" in page.text
    assert "Ask the team" not in page.text


@pytest.mark.parametrize(
    "search", ['"><script>alert(1)</script>', "%22%3E%3Cscript%3E", "'%20onfocus=alert(1)%20x='"]
)
def test_a_search_is_text_and_not_markup(search: str, function: Function) -> None:
    page = _portal(function, search)

    assert page.select("script") == []
    assert set(page.select("input")[0].attrs) == {
        "type",
        "id",
        "name",
        "value",
        "maxlength",
        "autocomplete",
        "spellcheck",
        "autocapitalize",
    }


@pytest.mark.parametrize("search", [[], ["warehouse", "017"]])
def test_an_odd_search_is_answered(search: list[str], function: Function) -> None:
    _portal(function, *search)


def test_one_request_asks_about_few_and_each_learns_more(
    function: Function, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment_states, "REFRESH_SECONDS", -1)  # all are due, each time
    known = []
    for _ in range(3):
        page = _portal(function)
        known.append(len(page.select(".good")))

    at_once = environment_states.MAX_LOOKUPS
    assert known == [at_once, 2 * at_once, 3 * at_once]
    asked = [call["Name"] for call in fake_aws.asked("GetEnvironment")]
    assert sorted(asked) == [f"Team-{number:03}" for number in range(3 * at_once)]
    assert "load this page again" in page.text


def test_only_what_the_filter_left_is_asked_about(function: Function, fake_aws: FakeAws) -> None:
    page = _portal(function, "017")

    assert [call["Name"] for call in fake_aws.asked("GetEnvironment")] == ["Team-017"]
    assert len(page.select(".good")) == 1
    assert "load this page again" not in page.text


def test_what_is_not_known_yet_comes_from_the_configuration(function: Function) -> None:
    last = _portal(function).select(".card")[-1]

    assert "State unknown" in last.text
    assert "Airflow 3.3.1" in last.text
    assert "Public" in last.text


def test_what_is_throttled_is_left_alone_for_a_while(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.faults["GetEnvironment"] = lambda _: error("ThrottlingException", 429)
    for _ in range(2):
        _portal(function, "017")

    assert len(fake_aws.asked("GetEnvironment")) == aws.MAX_ATTEMPTS


def test_what_does_not_answer_is_left_alone_for_a_while(
    function: Function,
    fake_aws: FakeAws,
    silence: Callable[[Any], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(environment_states, "LOOKUP_TIMEOUT_SECONDS", 1)
    fake_aws.faults["GetEnvironment"] = silence
    _portal(function, "017")
    # The portal may be there before its question has arrived.
    wait_until("MWAA is asked", lambda: bool(fake_aws.asked("GetEnvironment")))
    for _ in range(2):
        _portal(function, "017")

    assert len(fake_aws.asked("GetEnvironment")) == 1


def test_the_last_known_state_is_shown_while_mwaa_fails(
    function: Function, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    _portal(function, "017")
    fake_aws.faults["GetEnvironment"] = lambda _: error("ThrottlingException", 429)
    monkeypatch.setattr(environment_states, "REFRESH_SECONDS", -1)

    assert len(_portal(function, "017").select(".good")) == 1
    monkeypatch.setattr(environment_states, "TTL_SECONDS", -1)
    assert len(_portal(function, "017").select(".unknown")) == 1
