"""One environment behind one load balancer: everybody who signs in enters under one role."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.authenticator.alb_events import ADA, BO, SIGN_IN, event, header, segment, token
from tests.unit.authenticator.conftest import ROLE_ARNS, Function
from tests.unit.authenticator.fake_aws import WEB_TOKEN, FakeAws

NEW_SIGN_IN = "/pluginsv2/aws_mwaa/aws-console-sso"


@pytest.fixture
def listing() -> list[dict[str, str | None]]:
    return [{"name": "analytics", "airflow_version": None}]


@pytest.fixture(autouse=True)
def fixed(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.delenv("GRANTS_TABLE")
    monkeypatch.setenv("FIXED_ROLE", "Op")


@pytest.mark.parametrize("path", [SIGN_IN, NEW_SIGN_IN])
@pytest.mark.parametrize(
    "query",
    [
        None,
        {},
        {"mwaa_env": ["analytics"], "rbac_role": ["Admin"]},
        {"mwaa_env": ["Billing", "x"], "rbac_role": ["%FF"], "login": ["false"]},
    ],
)
def test_everybody_enters_under_that_role_whatever_they_ask(
    path: str, query: Any, function: Function, fake_aws: FakeAws
) -> None:
    answer = function(event(path, query, sign_in=token(BO)))

    assert answer.status == 302
    assert answer.location == f"/pluginsv2/aws_mwaa/aws-console-sso?login=true#{WEB_TOKEN}"
    (assumed,) = fake_aws.asked("AssumeRole")
    assert assumed["RoleArn"] == ROLE_ARNS["Op"]
    assert json.loads(assumed["Policy"])["Statement"][0]["Resource"].endswith("/analytics/Op")
    assert fake_aws.asked("BatchGetItem") == []
    assert (answer.line["who"], answer.line["environment"], answer.line["role"]) == (
        "b@example.com",
        "analytics",
        "Op",
    )


def test_the_path_is_that_of_the_environments_airflow(
    function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.environments["analytics"]["AirflowVersion"] = "2.10.3"

    location = function(event(NEW_SIGN_IN, sign_in=token())).location

    assert location == f"{SIGN_IN}?login=true#{WEB_TOKEN}"


@pytest.mark.parametrize(
    "sign_in",
    [
        lambda: None,
        lambda: "x.y.z",
        lambda: [token(), token()],
        lambda: token(
            signer="arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/x/1"
        ),
        lambda: token(exp=1),
        lambda: f"{segment(header(alg='none'))}.{segment({'email': 'ada@example.com'})}.",
        lambda: token(ADA | {"email_verified": False}),
        lambda: token({"sub": "1", "email": "ada@example.com"}),
        lambda: token({"email": "ada@example.com", "email_verified": True}),
        lambda: token({"sub": "1"}),
    ],
)
def test_nobody_enters_without_a_proven_sign_in(
    sign_in: Callable[[], Any], function: Function, fake_aws: FakeAws
) -> None:
    answer = function(event(SIGN_IN, sign_in=sign_in()))

    assert answer.status == 403
    assert fake_aws.calls == []


@pytest.mark.parametrize("name", ["login", "LOGIN"])
@pytest.mark.parametrize("value", [["true"], ["TRUE"], ["x", "true"]])
def test_a_token_never_goes_round(
    name: str, value: list[str], function: Function, fake_aws: FakeAws
) -> None:
    """A listener that sends `login=true` here would otherwise send people here for ever."""
    answer = function(event(SIGN_IN, {name: value}, sign_in=token()))

    assert answer.status == 400
    assert fake_aws.calls == []


def test_a_frame_gets_no_token(function: Function, fake_aws: FakeAws) -> None:
    answer = function(event(SIGN_IN, sign_in=token(), sec_fetch_dest="iframe"))

    assert answer.status == 403
    assert fake_aws.calls == []


def test_there_is_no_portal(function: Function) -> None:
    assert function(event("/", sign_in=token())).location == SIGN_IN


@pytest.mark.parametrize("path", ["/signed-out", "/missing"])
def test_a_page_leads_into_airflow(path: str, function: Function) -> None:
    assert f'href="{SIGN_IN}"' in function(event(path)).body


def test_signing_out_ends_airflows_session_as_well(function: Function) -> None:
    """The next person at this browser must not go on with it."""
    answer = function(event("/logout"))

    ended = {cookie.split("=")[0] for cookie in answer.headers["Set-Cookie"]}
    assert {"session", "_token"} < ended
    assert "%2Fsigned-out" in answer.location


def test_settings_that_do_not_go_together_are_told_to_the_operator(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRANTS_TABLE", "grants")

    answer = function(event(SIGN_IN, sign_in=token()))

    assert answer.status == 500
    assert "GRANTS_TABLE and FIXED_ROLE" in answer.line["reason"]
    assert "FIXED_ROLE" not in answer.body
