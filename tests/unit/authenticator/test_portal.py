"""The portal: what this person may open, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag

from authenticator import environment_states
from authenticator.settings import ROLES
from tests.unit.authenticator.alb_events import ADA, SIGN_IN, event, token
from tests.unit.authenticator.conftest import PATIENCE_SECONDS, Function
from tests.unit.authenticator.fake_aws import FakeAws, error

DAY = 24 * 3600


def _portal(function: Function, **claims: object) -> BeautifulSoup:
    answer = function(event("/", sign_in=token(ADA | claims)))
    assert answer.status == 200
    return BeautifulSoup(answer.body, "html.parser")


def _cards(page: BeautifulSoup) -> dict[str, Tag]:
    return {card.h2.text: card for card in page.select(".card") if card.h2}


def _links(card: Tag) -> dict[str, str]:
    return {link.text: str(link["href"]) for link in card.select(".roles a")}


def _followed(link: str, cookie: str) -> dict[str, Any]:
    """The event of somebody who follows the link of a page that has set the cookie."""
    address = urlsplit(link)
    return event(address.path, parse_qs(address.query), sign_in=token(), cookie=cookie)


def test_it_lists_what_was_granted_least_powerful_first(
    function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("group:data", "Billing", "Admin", "Public", "Op", "Viewer", "User")
    cards = _cards(_portal(function))

    assert list(cards) == ["analytics", "Billing"]
    ((name, link),) = _links(cards["analytics"]).items()
    assert name == "Open analytics as Viewer"
    assert link.startswith("/aws_mwaa/aws-console-sso?mwaa_env=analytics&rbac_role=Viewer&")
    assert [name.split()[-1] for name in _links(cards["Billing"])] == [
        "Public",
        "Viewer",
        "User",
        "Op",
        "Admin",
    ]


@pytest.mark.parametrize("path", ["/", SIGN_IN])
def test_each_link_opens_what_it_says(path: str, function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant("user:ada@example.com", "*", *ROLES)
    answer = function(event(path, {"mwaa_env": ["analytics"]}, sign_in=token()))
    (cookie,) = answer.headers["Set-Cookie"]
    cards = _cards(BeautifulSoup(answer.body, "html.parser"))
    links = {name: link for card in cards.values() for name, link in _links(card).items()}

    assert len(links) == len(cards) * len(ROLES)
    for name, link in links.items():
        opened = function(_followed(link, cookie.partition(";")[0]))
        assert opened.status == 302
        assert name == f"Open {opened.line['environment']} as {opened.line['role']}"


def test_it_shows_state_version_and_way_of_access(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant("user:ada@example.com", "*", "Viewer")
    fake_aws.environments["analytics"]["WebserverAccessMode"] = "PUBLIC_ONLY"
    cards = _cards(_portal(function))

    assert "Available" in cards["analytics"].text
    assert "Airflow 3.3.1" in cards["analytics"].text
    assert "Public" in cards["analytics"].text
    assert "VPN" not in cards["analytics"].text
    assert "Updating" in cards["Billing"].text
    assert "Invoices" in cards["Billing"].text
    assert "Private" in cards["Billing"].text
    assert "Connect to the VPN first" in cards["Billing"].text


def test_what_mwaa_does_not_say_comes_from_the_configuration(
    function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", "*", "Viewer")
    fake_aws.faults["GetEnvironment"] = lambda _: error("ThrottlingException", 429)
    cards = _cards(_portal(function))

    assert list(cards) == ["analytics", "Billing", "legacy"]
    assert all("State unknown" in card.text for card in cards.values())
    assert "Airflow 3.3.1" in cards["analytics"].text
    assert "Airflow" not in cards["legacy"].select(".facts")[0].text


def test_it_does_not_wait_for_a_slow_environment(
    function: Function,
    fake_aws: FakeAws,
    silence: Callable[[Any], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(environment_states, "LOOKUP_TIMEOUT_SECONDS", 2)
    fake_aws.grant("user:ada@example.com", "*", "Viewer")
    fake_aws.faults["GetEnvironment"] = lambda call: (
        silence(call) if call["Name"] == "legacy" else None
    )
    started = time.monotonic()
    cards = _cards(_portal(function))

    assert time.monotonic() - started < PATIENCE_SECONDS / 2
    assert "Available" in cards["analytics"].text
    assert "State unknown" in cards["legacy"].text


def test_only_granted_environments_are_asked_about_and_not_each_time(
    function: Function, fake_aws: FakeAws
) -> None:
    for _ in range(3):
        _portal(function)

    assert [call["Name"] for call in fake_aws.asked("GetEnvironment")] == ["analytics"]


def test_nothing_is_minted_before_the_click(function: Function, fake_aws: FakeAws) -> None:
    _portal(function)

    assert {name for name, _ in fake_aws.calls} == {"BatchGetItem", "GetEnvironment"}


def test_a_person_without_a_grant_is_told_whom_to_ask(function: Function) -> None:
    answer = function(event("/", sign_in=token(ADA | {"email": "New@example.com", "groups": []})))
    page = BeautifulSoup(answer.body, "html.parser")

    assert answer.status == 200
    assert not _cards(page)
    assert "Ask the team that runs this platform" in page.text
    assert "new@example.com" in page.text
    assert page.select("form") == []
    assert answer.line["reference"] in page.text


def test_an_ended_grant_and_one_for_a_removed_environment_are_not_shown(
    function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", "Billing", "Op", expires=1, source="manual")
    fake_aws.grant("group:data", "removed", "Op")

    assert list(_cards(_portal(function))) == ["analytics"]


def test_what_others_wrote_is_text_and_not_markup(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.environments["analytics"] |= {
        "Status": "<script>alert(1)</script>",
        "AirflowVersion": "<b>3</b>",
    }
    answer = function(event("/", sign_in=token(ADA | {"email": "<i>'\"&@example.com"})))
    fake_aws.grant("group:data", "analytics", "Viewer")
    answer = function(event("/", sign_in=token(ADA | {"email": "<i>'\"&@example.com"})))

    assert answer.status == 200
    assert not [tag for tag in ("<script", "<b>", "<i>") if tag in answer.body.lower()]


def test_a_person_is_called_by_name(function: Function) -> None:
    page = _portal(function, name="Data Engineer")

    assert "Data Engineer" in page.select("header nav")[0].text
    assert "ada@example.com" in page.select("header nav")[0].text


@pytest.mark.parametrize(
    ("claims", "shown"),
    [
        ({"given_name": "Data", "family_name": "Engineer"}, "Data Engineer"),
        ({"name": " ", "given_name": "Ada", "family_name": None}, "Ada"),
        ({"name": "Ada\r\n\u202e\u2066\ud800Love"}, "Ada Love"),
        ({"name": "<script>alert(1)</script>"}, "<script>alert(1)</script>"),
        ({"name": "x" * 500}, "x" * 80),
        ({"name": ["Ada"], "given_name": 7}, ""),
        ({}, ""),
    ],
)
def test_a_name_is_text_of_one_line(claims: dict[str, Any], shown: str, function: Function) -> None:
    who = _portal(function, **claims).select(".who")[0]

    assert "".join(strong.text for strong in who.select("strong")) == shown
    assert who.text.endswith("ada@example.com")
    assert not who.select("script")
    who.text.encode()


def test_the_region_is_shown(function: Function) -> None:
    assert "eu-west-1" in _cards(_portal(function))["analytics"].text


def _ends(card: Tag) -> dict[str, str]:
    return {
        item.a.text.split()[-1]: str(item.time["datetime"])
        for item in card.select(".roles li")
        if item.a and item.time
    }


def test_a_grant_that_ends_soon_says_when(function: Function, fake_aws: FakeAws) -> None:
    now = int(time.time())
    soon, later = now + 13 * DAY, now + 15 * DAY
    for environment, role, expires in (("Billing", "Op", soon), ("legacy", "Admin", later)):
        fake_aws.grant("user:ada@example.com", environment, role, expires=expires, source="manual")
    fake_aws.grant("group:data", "*", "Viewer")
    cards = _cards(_portal(function))

    moment = datetime.fromtimestamp(soon, UTC)
    assert _ends(cards["Billing"]) == {"Op": f"{moment:%Y-%m-%dT%H:%MZ}"}
    assert f"until {moment.day} {moment:%b %Y, %H:%M} UTC" in cards["Billing"].text
    assert _ends(cards["legacy"]) == _ends(cards["analytics"]) == {}


def test_a_longer_grant_of_the_same_role_counts(function: Function, fake_aws: FakeAws) -> None:
    soon = time.time() + DAY
    fake_aws.grant("user:ada@example.com", "analytics", "Viewer", expires=soon, source="manual")

    assert _ends(_cards(_portal(function))["analytics"]) == {}


def test_a_few_environments_need_no_filter(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant("user:ada@example.com", "*", "Viewer")

    assert _portal(function).select("form") == []


def test_the_portal_is_logged(function: Function) -> None:
    line = function(event("/", sign_in=token())).line

    assert (line["event"], line["decision"], line["who"]) == ("portal", "allow", "ada@example.com")


@pytest.mark.parametrize("role", [None, "Admin"])
def test_a_link_without_a_role_shows_that_environment_alone(
    role: str | None, function: Function, fake_aws: FakeAws
) -> None:
    """Opening it at once, even under a single role, would undo a sign-out of Airflow."""
    if role:
        fake_aws.grant("user:ada@example.com", "*", role)
    answer = function(event(SIGN_IN, {"mwaa_env": ["analytics"], "q": ["x"]}, sign_in=token()))
    page = BeautifulSoup(answer.body, "html.parser")

    assert answer.status == 200
    assert [heading.text for heading in page.select("h1")] == ["Open analytics"]
    assert page.title is not None
    assert page.title.text == "Open analytics"
    (card,) = _cards(page).values()
    assert [name.split()[-1] for name in _links(card)] == ["Viewer", *filter(None, [role])]
    assert page.select("form") == []
    assert page.select("main a[href='/']")
    assert {name for name, _ in fake_aws.calls} == {"BatchGetItem", "GetEnvironment"}
    assert [call["Name"] for call in fake_aws.asked("GetEnvironment")] == ["analytics"]
    line = answer.line
    assert (line["event"], line["decision"], line["environment"]) == (
        "portal",
        "allow",
        "analytics",
    )


def test_without_a_role_what_may_not_be_opened_looks_like_what_does_not_exist(
    function: Function, fake_aws: FakeAws
) -> None:
    answers = [
        function(event(SIGN_IN, {"mwaa_env": [name]}, sign_in=token()))
        for name in ("Billing", "nowhere")
    ]

    assert [answer.status for answer in answers] == [403, 403]
    bodies = {answer.body.replace(answer.line["reference"], "") for answer in answers}
    assert len(bodies) == 1
    assert [answer.line["reason"] for answer in answers] == ["no grant", "unknown environment"]
    assert fake_aws.asked("GetEnvironment") == []


@pytest.mark.parametrize("change", [{"sec_fetch_dest": "iframe"}, {"sec_purpose": "prefetch"}])
def test_the_page_of_an_environment_is_for_a_person_who_opens_it(
    change: dict[str, str], function: Function, fake_aws: FakeAws
) -> None:
    answer = function(event(SIGN_IN, {"mwaa_env": ["analytics"]}, sign_in=token(), **change))

    assert answer.status == 403
    assert fake_aws.calls == []
