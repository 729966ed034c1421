"""Grants in the table, read at each request."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.unit.authenticator.alb_events import deep_link, event, token
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import Call, FakeAws


def _status(function: Function, environment: str = "Billing", role: str = "Op") -> int:
    return function(deep_link(environment, role)).status


@pytest.mark.parametrize("source", ["configuration", "manual"])
@pytest.mark.parametrize("principal", ["user:ada@example.com", "group:data"])
@pytest.mark.parametrize("environment", ["Billing", "*"])
def test_a_grant_counts_from_either_source(
    source: str, principal: str, environment: str, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant(principal, environment, "Op", source=source)

    assert _status(function) == 302


@pytest.mark.parametrize(
    "principal",
    [
        "user:Ada@example.com",
        "user:ada@example.co",
        "group:Data",
        "group:dat",
        "group:ada@example.com",
        "user:data",
        "ada@example.com",
        "data",
        "*",
        "user:*",
        "group:*",
    ],
)
def test_a_grant_to_another_principal_does_not_count(
    principal: str, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant(principal, "*", "Op")

    assert _status(function) == 403


def test_a_grant_ends_at_its_expiry(
    function: Function, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time())
    fake_aws.grant("user:ada@example.com", "Billing", "Op", expires=now + 60)
    link = deep_link("Billing", "Op", sign_in=token(exp=now + 3600))
    statuses = []
    for moment in (now, now + 59, now + 60, now + 61):
        monkeypatch.setattr(time, "time", lambda moment=moment: moment)
        statuses.append(function(link).status)

    assert statuses == [302, 302, 403, 403]


def test_one_expired_grant_does_not_end_another(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant("user:ada@example.com", "Billing", "Admin", expires=1)
    fake_aws.grant("group:data", "Billing", "Op")

    assert _status(function, role="Op") == 302
    assert _status(function, role="Admin") == 403


def test_roles_of_all_principals_and_sources_add_up(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.grant("user:ada@example.com", "*", "Viewer")
    fake_aws.grant("user:ada@example.com", "Billing", "User", source="manual")
    fake_aws.grant("group:data", "Billing", "Op")

    assert [_status(function, role=role) for role in ("Viewer", "User", "Op", "Admin")] == [
        302,
        302,
        302,
        403,
    ]


@pytest.mark.parametrize("roles", [["DataOp"], ["op"], ["Operator"], ["Op "], ["*"], [""]])
def test_a_role_in_the_table_is_matched_exactly(
    roles: list[str], function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", "Billing", *roles)

    assert _status(function) == 403


@pytest.mark.parametrize(
    "grants",
    [
        {"S": "Op"},
        {"M": {"Billing": {"S": "Op"}}},
        {"M": {"Billing": {"M": {}}}},
        {"M": {"Billing": {"M": {"roles": {"S": "Op"}}}}},
        {"M": {"Billing": {"M": {"roles": {"L": [{"S": "Op"}]}}}}},
        {"M": {"Billing": {"M": {"roles": {"SS": ["Op"]}, "expires": {"S": "never"}}}}},
        {"M": {"Billing": {"M": {"roles": {"SS": ["Op"]}, "expires": {"N": "nan"}}}}},
        {"M": {"Billing": {"M": {"roles": {"SS": ["Op"]}, "expires": {"NULL": True}}}}},
        {"M": {"Billing": {"M": {"roles": {"SS": ["Op"]}, "Expires": {"N": "1"}}}}},
        {"M": {"Billing": {"M": {"roles": {"SS": ["Op"]}, "until": {"S": "2020-01-01"}}}}},
    ],
)
def test_a_malformed_grant_grants_nothing_and_spoils_nothing(
    grants: dict[str, Any], function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.items["user:ada@example.com", "manual"] = grants

    assert _status(function) == 403
    assert _status(function, "analytics", "Viewer") == 302


def test_unprocessed_keys_are_asked_for_again(function: Function, fake_aws: FakeAws) -> None:
    def first_time_nothing(call: Call) -> tuple[int, str] | None:
        if len(fake_aws.asked("BatchGetItem")) > 1:
            return None
        return 200, json.dumps(
            {"Responses": {"grants": []}, "UnprocessedKeys": call["RequestItems"]}
        )

    fake_aws.faults["BatchGetItem"] = first_time_nothing

    assert _status(function, "analytics", "Viewer") == 302


def test_keys_that_stay_unprocessed_are_no_decision(function: Function, fake_aws: FakeAws) -> None:
    def never(call: Call) -> tuple[int, str]:
        return 200, json.dumps(
            {"Responses": {"grants": []}, "UnprocessedKeys": call["RequestItems"]}
        )

    fake_aws.faults["BatchGetItem"] = never

    assert _status(function, "analytics", "Viewer") == 503
    assert len(fake_aws.asked("BatchGetItem")) == 3


def test_the_table_is_read_consistently_in_one_call(function: Function, fake_aws: FakeAws) -> None:
    function(event("/", sign_in=token()))

    (call,) = fake_aws.asked("BatchGetItem")
    assert call["RequestItems"]["grants"]["ConsistentRead"] is True
