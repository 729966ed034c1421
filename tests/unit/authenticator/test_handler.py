"""Arbitrary events: the function always responds, and only a grant opens Airflow."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.authenticator.alb_events import ADA, SIGN_IN, deep_link, event, header, token
from tests.unit.authenticator.conftest import Function, Response
from tests.unit.authenticator.fake_aws import WEB_TOKEN, FakeAws

relaxed = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3)
    ),
    max_leaves=8,
)
PATHS = ("/", SIGN_IN, "/logout", "/signed-out", "/style.css")


def _answered(answer: Response) -> None:
    assert 200 <= answer.status < 600
    assert answer.log
    for name, values in answer.headers.items():
        assert values
        assert not [value for value in (name, *values) if set(value) & set("\r\n\0")]


@relaxed
@given(sent=anything)
def test_anything_is_answered(function: Function, sent: Any) -> None:
    answer = function(sent if not isinstance(sent, dict) else sent | {"multiValueHeaders": {}})

    _answered(answer)
    assert answer.status in {403, 500}


@relaxed
@given(
    field=st.sampled_from(list(event())),
    value=anything,
    path=st.sampled_from(PATHS),
)
def test_an_event_with_one_odd_field_is_answered(
    function: Function, field: str, value: Any, path: str
) -> None:
    sent = event(path, {"mwaa_env": ["Billing"], "rbac_role": ["Op"]}, sign_in=token())
    sent[field] = value
    if field != "multiValueHeaders":
        _answered(function(sent))


@relaxed
@given(
    names=st.lists(st.text(max_size=20), max_size=4),
    values=st.lists(st.text(max_size=60), max_size=3),
    path=st.sampled_from(PATHS),
)
def test_odd_headers_are_answered(
    function: Function, names: list[str], values: list[str], path: str
) -> None:
    sent = event(path, sign_in=token())
    sent["multiValueHeaders"] |= dict.fromkeys([*names, "host", "x-amzn-trace-id"], values)

    _answered(function(sent))


@relaxed
@given(
    environment=st.sampled_from(["analytics", "Billing", "legacy", "*", "anal%79tics"]) | st.text(),
    role=st.sampled_from(["Public", "Viewer", "User", "Op", "Admin", "viewer", "%56iewer"])
    | st.text(),
    claims=st.fixed_dictionaries(
        {
            "email": st.sampled_from(["ada@example.com", "b@example.com", "ADA@example.com"])
            | st.text(),
            "sub": st.just("1"),
        },
        optional={"groups": anything, "email_verified": anything | st.just(True)},
    ),
)
def test_only_a_grant_opens_an_environment(
    function: Function,
    environment: str,
    role: str,
    claims: dict[str, Any],
) -> None:
    answer = function(deep_link(environment, role, sign_in=token(claims)))

    _answered(answer)
    if answer.status == 302:
        assert environment in {"analytics", "anal%79tics"}
        assert role in {"Viewer", "%56iewer"}
        assert claims["email"].lower() == "ada@example.com"
    else:
        assert WEB_TOKEN not in json.dumps(answer.headers)


@relaxed
@given(
    part=st.integers(0, 2),
    position=st.integers(0, 10_000),
    character=st.sampled_from("AZaz09-_=.+/ \n\0é"),
)
def test_a_token_with_one_changed_character_signs_nobody_else_in(
    function: Function, part: int, position: int, character: str
) -> None:
    segments = token().split(".")
    original = segments[part]
    place = position % len(original)
    segments[part] = original[:place] + character + original[place + 1 :]
    answer = function(deep_link(sign_in=".".join(segments)))

    # Base64's last characters and its padding have spellings that mean the same.
    assert answer.status == 403 or (original != segments[part]) <= (place >= len(original) - 4)


@relaxed
@given(field=st.sampled_from([*header(), "crit", "b64", "jwk", "jku", "x5c"]), value=anything)
def test_a_token_with_an_odd_header_signs_nobody_in(
    function: Function, field: str, value: Any
) -> None:
    sent_at = time.time()
    odd = token(ADA, **{field: copy.deepcopy(value)})
    answer = function(deep_link(sign_in=odd))

    _answered(answer)
    still_good = field == "exp" and type(value) is int and value > sent_at
    if field in {"kid", "alg", "iss", "client", "signer", "exp"} and not still_good:
        assert answer.status == 403


@pytest.fixture(autouse=True)
def nobody_else(fake_aws: FakeAws) -> Iterator[None]:
    yield
    asked = {
        (call["RoleSessionName"], call["RoleArn"].rsplit("-", 1)[1])
        for call in fake_aws.asked("AssumeRole")
    }
    assert asked <= {("ada@example.com", "Viewer")}
