"""Gated hosts: people sign in there before a token exists, and no session of theirs counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from authenticator.settings import ROLES, SettingsError, load_settings
from tests.unit.authenticator.alb_events import (
    ALB_ARN,
    PORTAL_COOKIE,
    SIGN_IN,
    deep_link,
    event,
    token,
)
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import WEB_TOKEN, FakeAws

PORTAL, HOST = "airflow.example.com", "analytics.example.net"
GATE_ALB = ALB_ARN.replace("mwaa-platform", "gate")


@pytest.fixture
def listing() -> list[dict[str, Any]]:
    """One environment is gated, another has a host without a gate."""
    return [
        {"name": "analytics", "airflow_version": "3.3.1", "ui_host": HOST, "gated": True},
        {"name": "Billing", "airflow_version": "2.10.3", "ui_host": "b.example.net"},
    ]


@pytest.fixture(autouse=True)
def everything_granted(
    variables: dict[str, str],  # noqa: ARG001
    fake_aws: FakeAws,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORTAL_HOST", PORTAL)
    fake_aws.grant("user:ada@example.com", "*", *ROLES)


def _back(sent: Any, **changes: Any) -> dict[str, Any]:
    """The event with which the gate sends the browser back to the portal, with its new cookies."""
    query = parse_qs(urlsplit(sent.location).query, keep_blank_values=True)
    kept = [cookie.partition(";")[0] for cookie in sent.headers.get("Set-Cookie", [])]
    cookie = "; ".join([PORTAL_COOKIE, *kept])
    return deep_link(cookie=cookie, **changes) | {"multiValueQueryStringParameters": query}


@pytest.mark.parametrize(("role", "portal"), [("Viewer", False), ("Viewer", True), ("Admin", True)])
def test_the_browser_passes_the_gate_before_there_is_a_token(
    role: str, portal: bool, function: Function, fake_aws: FakeAws
) -> None:
    sent = function(deep_link(role=role, portal=portal))

    assert sent.status == 302
    url = urlsplit(sent.location)
    assert (url.scheme, url.netloc, url.path, url.fragment) == ("https", HOST, SIGN_IN, "")
    assert parse_qs(url.query) == {
        "gate": ["1"],
        "mwaa_env": ["analytics"],
        "rbac_role": [role],
    }
    assert fake_aws.asked("AssumeRole") == []
    line = sent.line
    assert (line["event"], line["decision"]) == ("redirect", "allow")
    assert (line["environment"], line["role"], line["who"]) == (
        "analytics",
        role,
        "ada@example.com",
    )
    assert "SignIns" not in line

    opened = function(_back(sent))

    assert opened.status == 302
    assert urlsplit(opened.location).netloc == HOST
    assert opened.location.endswith(f"?login=true#{WEB_TOKEN}")
    assert opened.line["event"] == "sign-in"
    assert len(fake_aws.asked("AssumeRole")) == 1


def test_what_the_gate_s_web_server_sees_of_a_link_confirms_nothing(function: Function) -> None:
    sent = function(deep_link(role="Admin"))
    (kept,) = sent.headers["Set-Cookie"]
    name, value = kept.partition(";")[0].split("=")
    assert value not in sent.location
    assert name.startswith("__Host-")
    for part in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=300"):
        assert part in kept

    def returns(cookie: str, link: Any = sent.location) -> Any:
        query = parse_qs(urlsplit(link).query)
        return function(deep_link(cookie=cookie) | {"multiValueQueryStringParameters": query})

    both = f"{PORTAL_COOKIE}; {name}={value}"
    for cookie in (
        PORTAL_COOKIE,
        f"{name}={value}",
        f"{PORTAL_COOKIE}; {name}={value}; {name}={value}",
        f"{PORTAL_COOKIE}; {name}={value[:-1]}",
        f"{PORTAL_COOKIE}; \u2000{name}={value}",
        f"{both.replace(PORTAL_COOKIE, PORTAL_COOKIE[:-1] + '0')}",
    ):
        assert returns(cookie).line["event"] == "confirmation", cookie
    assert returns(both, sent.location.replace("=Admin", "=Op")).line["event"] == "confirmation"
    assert returns(both, sent.location.replace("gate=1&", "")).line["event"] == "confirmation"

    opened = returns(both)
    assert opened.location.endswith(f"#{WEB_TOKEN}")
    (ended,) = opened.headers["Set-Cookie"]
    assert ended.startswith(f"{name}=;")
    assert "Max-Age=0" in ended


def test_a_host_without_a_gate_is_opened_at_once(function: Function) -> None:
    assert function(deep_link("Billing")).location.endswith(f"#{WEB_TOKEN}")


def test_access_is_decided_again_on_the_way_back(function: Function, fake_aws: FakeAws) -> None:
    sent = function(deep_link(role="Admin"))
    fake_aws.items.clear()
    fake_aws.grant("user:ada@example.com", "analytics", "Viewer")

    answer = function(_back(sent))

    assert answer.status == 403
    assert fake_aws.asked("AssumeRole") == []


@pytest.mark.parametrize("values", [["1"], ["0"], [""], ["x"], ["1", "1"], ["https://evil.org"]])
def test_a_link_that_says_that_it_comes_from_the_gate_opens_no_more_than_any_other(
    values: list[str], function: Function, fake_aws: FakeAws
) -> None:
    def opened(**changes: Any) -> Any:
        sent = deep_link(**changes)
        sent["multiValueQueryStringParameters"]["gate"] = values
        return function(sent)

    assert opened(role="Viewer", portal=False).location.startswith(f"https://{HOST}/")
    assert opened(role="Admin", portal=False).line["event"] == "confirmation"
    fake_aws.items.clear()
    refused = opened(role="Viewer")
    assert (refused.status, refused.line["reason"]) == (403, "no grant")


def test_who_is_not_granted_or_has_not_confirmed_does_not_get_to_the_gate(
    function: Function, fake_aws: FakeAws
) -> None:
    asked = function(deep_link(role="Admin", portal=False))
    assert (asked.status, asked.line["event"]) == (200, "confirmation")

    fake_aws.items.clear()
    refused = function(deep_link(role="Admin"))
    assert (refused.status, refused.line["reason"]) == (403, "no grant")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"signer": GATE_ALB}, "sign-in token: foreign signer"),
        ({"client": "gate"}, "sign-in token: foreign client"),
        ({"signer": GATE_ALB, "client": "gate"}, "sign-in token: foreign signer"),
    ],
)
@pytest.mark.parametrize("gate", [None, ["1"]])
def test_a_session_of_the_gate_opens_nothing(
    gate: list[str] | None,
    changes: dict[str, Any],
    reason: str,
    function: Function,
    fake_aws: FakeAws,
) -> None:
    """A web server behind the gate sees these tokens of its visitors."""
    link = deep_link(sign_in=token(**changes))
    if gate:
        link["multiValueQueryStringParameters"]["gate"] = gate
    for sent in (link, event("/", sign_in=token(**changes))):
        answer = function(sent)
        assert answer.status == 403
        assert answer.line["reason"] == reason
        assert "Location" not in answer.headers
    assert fake_aws.calls == []


def test_the_gates_own_host_is_not_answered(function: Function, fake_aws: FakeAws) -> None:
    assert function(deep_link(host=HOST)).status == 400
    assert fake_aws.calls == []


def test_what_is_gated_has_a_host(variables: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "environments.json"
    file.write_text(json.dumps([{"name": "analytics", "gated": True}]))
    with pytest.raises(SettingsError, match="gated must have a ui_host"):
        load_settings(variables, file)
