"""The audit log: who asked, from where, with what, and why the answer was what it was."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.authenticator.alb_events import (
    ADA,
    ADDRESS,
    BROWSER,
    SIGN_IN,
    TRACE,
    deep_link,
    event,
    token,
)
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import FakeAws, error

OTHER_TRACE = "1-11111111-111111111111111111111111"
REFERENCE = re.compile(r"[0-9a-f]{16}")


@pytest.mark.parametrize(
    "sent",
    [
        event("/", sign_in=token()),
        event("/"),
        event(SIGN_IN, {"mwaa_env": ["analytics"]}, sign_in=token()),
        deep_link(),
        deep_link("Billing"),
        deep_link(sign_in="x"),
        deep_link(method="POST"),
        deep_link(sec_fetch_dest="iframe"),
        event("/logout"),
        event("/signed-out"),
        event("/style.css"),
        event("/missing"),
        event("/", host=[]),
        event("/", target_group="arn:foreign"),
    ],
)
def test_every_line_says_from_where_a_request_came(sent: Any, function: Function) -> None:
    line = function(sent).line

    assert REFERENCE.fullmatch(line["reference"])
    assert (line["trace"], line["client"], line["user_agent"]) == (TRACE, ADDRESS, BROWSER)
    assert {"event", "decision"} < line.keys()
    assert (line["decision"] == "allow") == ("reason" not in line)


def test_a_reference_is_ours_and_new_each_time(function: Function) -> None:
    """Whoever could choose it could have somebody else's line found instead."""
    answers = [function(deep_link("Billing")) for _ in range(3)]

    references = {answer.line["reference"] for answer in answers}
    assert len(references) == 3
    for answer in answers:
        assert answer.line["reference"] in answer.body
        assert TRACE not in answer.body


@pytest.mark.parametrize(
    ("sent", "logged"),
    [
        (f"Root={TRACE}", TRACE),
        (f"Self={TRACE};Root={OTHER_TRACE}", TRACE),
        (f"Root={OTHER_TRACE};Self={TRACE};CalledFrom=app", TRACE),
        (f"Self=<script>;Root={TRACE}", TRACE),
        (f"XRoot={TRACE}", None),
        (f"Root={TRACE}0", None),
        (f"Root={TRACE.upper()}", None),
        ("Root=1-x", None),
        ("", None),
        ([], None),
    ],
)
def test_the_trace_is_the_load_balancers(sent: Any, logged: str | None, function: Function) -> None:
    """It keeps the `Root` that a client sent, and puts its own `Self` beside it."""
    assert function(event("/", x_amzn_trace_id=sent)).line.get("trace") == logged


@pytest.mark.parametrize(
    ("sent", "logged"),
    [
        (ADDRESS, ADDRESS),
        (f"127.0.0.1, {ADDRESS}", ADDRESS),
        (f"a, b,,{ADDRESS}", ADDRESS),
        (f'"><script>, unknown,{ADDRESS}', ADDRESS),
        (f"{ADDRESS},198.51.100.7,{ADDRESS} ", ADDRESS),
        ([f"127.0.0.1, {ADDRESS}", ADDRESS], ADDRESS),
        (f"{ADDRESS}, 2001:DB8::0:1", "2001:db8::1"),
        (f"{ADDRESS}, 198.51.100.7:1234", None),
        (f"{ADDRESS}, [2001:db8::1]", None),
        (f"{ADDRESS}, fe80::1%<script>", None),
        (f"{ADDRESS}, x", None),
        (f"{ADDRESS},", None),
        ("3405803785", None),
        ("", None),
        ([], None),
    ],
)
def test_the_client_is_the_hop_that_the_load_balancer_wrote(
    sent: Any, logged: str | None, function: Function
) -> None:
    """A client writes the others itself."""
    assert function(event("/", x_forwarded_for=sent)).line.get("client") == logged


@pytest.mark.parametrize(
    ("sent", "logged"),
    [
        ("curl/8.1 (x; y)", "curl/8.1 (x; y)"),
        ("x" * 5000, "x" * 200),
        (f"{'x' * 199} {'y' * 9}", "x" * 199),
        ('a"}\r\n{"decision": "allow", "who": "b"}', 'a"} {"decision": "allow", "who": "b"}'),
        ("a\u202e\u2066b\0\x1b[2Jc\x85d\ud800e\u2028f", "a b [2Jc d e f"),
        ("  ", None),
        ("", None),
        ([], None),
        (["a", "b"], "b"),
    ],
)
def test_a_user_agent_is_one_line_of_text(
    sent: Any, logged: str | None, function: Function
) -> None:
    assert function(event("/", user_agent=sent)).line.get("user_agent") == logged


UNVERIFIED = ADA | {"email_verified": False}


@pytest.mark.parametrize("sent", [event("/"), deep_link()])
@pytest.mark.parametrize(
    ("claims", "claimed"),
    [
        (UNVERIFIED, "ada@example.com"),
        (UNVERIFIED | {"email": "Ada@Example.com"}, "Ada@Example.com"),
        (UNVERIFIED | {"email": "a\r\n\u202eb@example.com"}, "a b@example.com"),
        (UNVERIFIED | {"email": f"{'a' * 999}@example.com"}, "a" * 254),
        (ADA | {"email": "ad\u00e1@example.com"}, "ad\u00e1@example.com"),
        (ADA | {"email": "no address"}, "no address"),
        (ADA | {"email": ["ada@example.com"]}, None),
        (ADA | {"email": None}, None),
        ({"sub": "1"}, None),
    ],
)
def test_a_person_without_a_verified_address_is_named_as_the_provider_names_them(
    claims: dict[str, Any], claimed: str | None, sent: Any, function: Function
) -> None:
    sent["multiValueHeaders"]["x-amzn-oidc-data"] = [token(claims)]
    line = function(sent).line

    assert line["decision"] == "deny"
    assert line.get("claimed") == claimed
    assert line["subject"] == "1"
    assert "who" not in line


@pytest.mark.parametrize(
    ("subject", "logged"),
    [
        ("auth0|5f7c", "auth0|5f7c"),
        ("a\nb\u202ec", "a b c"),
        ("x" * 999, "x" * 254),
        (7, None),
        (None, None),
    ],
)
def test_a_subject_is_one_line_of_text(
    subject: Any, logged: str | None, function: Function
) -> None:
    line = function(deep_link(sign_in=token(UNVERIFIED | {"sub": subject}))).line

    assert line.get("subject") == logged


@pytest.mark.parametrize(
    "sign_in",
    [None, "x.y.z", f"{token()}x", [token(), token()], token(exp=1), token(iss="https://x")],
    ids=["none", "no token", "changed", "two", "expired", "other issuer"],
)
def test_who_is_not_proven_is_not_named(sign_in: Any, function: Function) -> None:
    line = function(event("/", sign_in=sign_in)).line

    assert line["decision"] == "deny"
    assert not {"who", "claimed", "subject", "because"} & line.keys()


def test_a_denial_says_who_asked_for_what(function: Function) -> None:
    line = function(deep_link("Billing", "Op")).line
    named = {"who", "subject", "environment", "role", "reason", "decision"}

    assert {name: line[name] for name in named} == {
        "who": "ada@example.com",
        "subject": "1",
        "environment": "Billing",
        "role": "Op",
        "reason": "no grant",
        "decision": "deny",
    }
    assert not {"claimed", "because"} & line.keys()


def test_a_failure_says_who_was_about_to_enter_and_why(
    function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.faults["AssumeRole"] = lambda _: error("AccessDenied", 403)
    line = function(deep_link()).line

    assert line["decision"] == "fail"
    assert (line["who"], line["subject"]) == ("ada@example.com", "1")
    assert line["because"] == "user:ada@example.com, configuration, analytics"


@pytest.mark.parametrize("roles", [("Viewer",), ("Viewer", "Op")])
def test_the_deciding_grant_is_named(
    roles: tuple[str, ...], function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("group:data", "Billing", *roles, source="manual")
    for role in roles:
        assert function(deep_link("Billing", role)).line["because"] == "group:data, manual, Billing"


@pytest.mark.parametrize("sent", [None, 7, [], "x", {}, {"multiValueHeaders": {"host": [7]}}])
def test_what_is_no_event_is_logged_too(sent: Any, function: Function) -> None:
    line = function(sent if sent != {} else {"multiValueHeaders": {}}).line

    assert REFERENCE.fullmatch(line["reference"])
    assert line["decision"] == "deny"
    assert not {"client", "trace", "user_agent"} & line.keys()
