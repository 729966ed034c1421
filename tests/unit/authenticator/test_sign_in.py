"""The deep link: from a grant to one environment's Airflow, under one role."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from authenticator import person
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
from tests.unit.authenticator.conftest import ROLE_ARNS, Function
from tests.unit.authenticator.fake_aws import (
    ACCESS_KEY,
    SESSION_TOKEN,
    WEB_TOKEN,
    FakeAws,
)

ROLES = ("Public", "Viewer", "User", "Op", "Admin")


def test_a_grant_opens_the_environment(function: Function) -> None:
    answer = function(deep_link())

    assert answer.status == 302
    assert answer.location == (
        "https://abc-vpce.c1.eu-west-1.airflow.amazonaws.com"
        f"/pluginsv2/aws_mwaa/aws-console-sso?login=true#{WEB_TOKEN}"
    )
    assert answer.headers["Cache-Control"] == ["no-store"]
    assert answer.headers["Referrer-Policy"] == ["no-referrer"]
    assert answer.body == ""


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ("analytics", "/pluginsv2/aws_mwaa/aws-console-sso"),
        ("Billing", "/aws_mwaa/aws-console-sso"),
        ("legacy", "/aws_mwaa/aws-console-sso"),
    ],
)
def test_the_path_is_that_of_the_environments_airflow(
    environment: str, path: str, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", environment, "Viewer")

    assert f"amazonaws.com{path}?login=true#" in function(deep_link(environment)).location


def test_the_version_that_nobody_configured_is_asked_for_once(
    function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", "*", "Viewer")
    for environment in ("legacy", "legacy", "analytics"):
        function(deep_link(environment))

    assert [call["Name"] for call in fake_aws.asked("GetEnvironment")] == ["legacy"]


def test_the_role_is_assumed_for_this_person_environment_and_role_alone(
    function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", "analytics", "Op")
    function(deep_link(role="Op"))

    (assumed,) = fake_aws.asked("AssumeRole")
    assert assumed["RoleArn"] == ROLE_ARNS["Op"]
    assert assumed["RoleSessionName"] == assumed["SourceIdentity"] == "ada@example.com"
    assert assumed["DurationSeconds"] == "900"
    assert json.loads(assumed["Policy"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "airflow:CreateWebLoginToken",
            "Resource": "arn:aws:airflow:eu-west-1:000000000000:role/analytics/Op",
        }
    ]


def test_the_token_is_minted_with_the_credentials_of_that_role(
    function: Function, fake_aws: FakeAws
) -> None:
    for _ in range(2):
        function(deep_link())

    for call in fake_aws.asked("CreateWebLoginToken"):
        assert call["Name"] == "analytics"
        assert f"Credential={ACCESS_KEY}/" in call["Authorization"]
        assert "/eu-west-1/airflow/aws4_request" in call["Authorization"]
        assert call["SecurityToken"] == SESSION_TOKEN


def test_who_what_and_both_identities_are_logged(function: Function) -> None:
    line = function(deep_link()).line
    others = {"_aws", "SignIns", "Platform", "Environment", "Role", "reference"}
    assert {name: value for name, value in line.items() if name not in others} == {
        "trace": TRACE,
        "client": ADDRESS,
        "user_agent": BROWSER,
        "event": "sign-in",
        "decision": "allow",
        "who": "ada@example.com",
        "subject": "1",
        "environment": "analytics",
        "role": "Viewer",
        "because": "user:ada@example.com, configuration, analytics",
        "iam_identity": "assumed-role/mwaa-platform-Viewer/ada@example.com",
        "airflow_identity": "assumed-role/mwaa-platform-Viewer",
    }


@pytest.mark.parametrize(
    ("email", "session"),
    [
        ("Ada@Example.COM", r"ada@example\.com"),
        ("ada+b=c,d@example.com", r"ada\+b=c,d@example\.com"),
        ("ada!b@example.com", r"ada_b@example\.com@@[0-9a-f]{12}"),
        ("ada#b@example.com", r"ada_b@example\.com@@[0-9a-f]{12}"),
        (f"{'a' * 60}@example.com", r"a{50}@@[0-9a-f]{12}"),
        (f"{'a' * 52}@example.com", r"a{52}@example\.com"),
    ],
)
def test_the_session_is_named_after_the_person(
    email: str, session: str, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant(f"user:{email.casefold()}", "analytics", "Viewer")
    function(deep_link(sign_in=token(ADA | {"email": email})))

    (assumed,) = fake_aws.asked("AssumeRole")
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", assumed["RoleSessionName"], re.ASCII)
    assert re.fullmatch(session, assumed["RoleSessionName"])


def test_two_people_never_share_a_session_name(function: Function, fake_aws: FakeAws) -> None:
    def session_name(email: str) -> str:
        fake_aws.grant(f"user:{email}", "analytics", "Viewer")
        function(deep_link(sign_in=token(ADA | {"email": email})))
        return str(fake_aws.asked("AssumeRole")[-1]["RoleSessionName"])

    plain, *changed = [session_name(f"ada{each}b@example.com") for each in "_!#"]
    assert len({plain, *changed}) == 3
    assert plain == "ada_b@example.com"
    assert not any(person.ADDRESS.fullmatch(name) for name in changed)  # so nobody can choose it


@pytest.mark.parametrize("role", [role for role in ROLES if role != "Viewer"])
def test_another_role_than_the_granted_one_is_refused(
    role: str, function: Function, fake_aws: FakeAws
) -> None:
    answer = function(deep_link(role=role))

    assert answer.status == 403
    assert answer.line["reason"] == "no grant"
    assert fake_aws.asked("AssumeRole") == []


@pytest.mark.parametrize(
    "role",
    [
        "viewer",
        "VIEWER",
        "View",
        "Viewers",
        " Viewer",
        "Viewer ",
        "Viewer%00",
        "Viewer%0A",
        "",
        "*",
        "Viewer,Admin",
        "\uff36iewer",
        "%2556iewer",
        "Viewer%252C",
        "%FF",
        "DataOp",
        "<b>",
        "Op%20",
    ],
)
def test_a_role_that_is_not_spelt_exactly_is_refused(
    role: str, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", "*", *ROLES, "viewer", "DataOp", "*", "")

    answer = function(deep_link(role=role))

    assert answer.status == 400
    assert fake_aws.asked("AssumeRole") == []


@pytest.mark.parametrize(
    "environment",
    [
        "Analytics",
        "ANALYTICS",
        "analytic",
        "analyticss",
        " analytics",
        "analytics ",
        "*",
        "",
        "analytics%2F..%2FBilling",
        "../analytics",
        "analytics/Admin",
        "analytics%00",
        "anal%79tics%0D",
        "%2561nalytics",
        "\u0430nalytics",
        "analytics%0D%0ASet-Cookie:x=1",
        "<script>",
        "PATH",
        "unknown",
    ],
)
def test_an_environment_that_is_not_spelt_exactly_is_refused(
    environment: str, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", "*", *ROLES)
    fake_aws.grant("user:ada@example.com", environment, *ROLES, source="manual")

    answer = function(deep_link(environment))

    assert answer.status == 403
    assert answer.line["reason"] == "unknown environment"
    assert fake_aws.asked("AssumeRole") == []


def test_parameters_are_decoded_once(function: Function) -> None:
    assert function(deep_link("anal%79tics", "Vi%65wer")).status == 302


@pytest.mark.parametrize(
    "query",
    [
        None,
        {},
        {"rbac_role": ["Viewer"]},
        {"mwaa_env": ["analytics", "analytics"], "rbac_role": ["Viewer"]},
        {"mwaa_env": ["analytics"], "rbac_role": ["Viewer", "Admin"]},
        {"mwaa_env": [], "rbac_role": []},
        {"mwaa_env": ["analytics"], "rbac_role": []},
        {"mwaa_env": ["analytics", "analytics"]},
        {"mwaa_env": []},
        {"MWAA_ENV": ["analytics"], "RBAC_ROLE": ["Viewer"]},
        {"mwaa_env": ["%C3%28"], "rbac_role": ["Viewer"]},
    ],
)
def test_a_link_that_is_not_whole_is_a_mistake(query: Any, function: Function) -> None:
    answer = function(event(SIGN_IN, query, sign_in=token()))

    assert answer.status == 400
    assert "not complete" in answer.body


def test_unknown_and_forbidden_environments_look_the_same(function: Function) -> None:
    answers = [function(deep_link(name)) for name in ("Billing", "nowhere")]

    bodies = {answer.body.replace(answer.line["reference"], "") for answer in answers}
    assert len(bodies) == 1


NAVIGATION: dict[str, Any] = {
    "sec_fetch_mode": "navigate",
    "sec_fetch_dest": "document",
    "sec_fetch_site": "none",
    "sec_fetch_user": "?1",
}


@pytest.mark.parametrize("site", ["none", "same-origin", "same-site", "cross-site"])
def test_a_link_may_stand_anywhere(site: str, function: Function) -> None:
    assert function(deep_link(**NAVIGATION | {"sec_fetch_site": site})).status == 302


@pytest.mark.parametrize(
    "change",
    [
        {"sec_fetch_dest": "iframe"},
        {"sec_fetch_dest": "image"},
        {"sec_fetch_dest": "empty"},
        {"sec_fetch_dest": "Document"},
        {"sec_fetch_dest": ["document", "document"]},
        {"sec_fetch_mode": "cors"},
        {"sec_fetch_mode": "no-cors"},
        {"sec_fetch_mode": ""},
        {"sec_purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
    ],
)
def test_nothing_but_a_person_who_opens_a_page_gets_a_token(
    change: dict[str, Any], function: Function, fake_aws: FakeAws
) -> None:
    answer = function(deep_link(**NAVIGATION | change))

    assert answer.status == 403
    assert fake_aws.calls == []


def test_a_head_request_is_answered_without_a_body(function: Function) -> None:
    answer = function(event("/", method="HEAD"))

    assert answer.status == 403
    assert answer.body == ""


def test_a_head_request_of_a_link_gets_no_token(function: Function, fake_aws: FakeAws) -> None:
    answer = function(deep_link(method="HEAD"))

    assert answer.status == 405
    assert answer.headers["Allow"] == ["GET"]
    assert answer.body == ""
    assert fake_aws.calls == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", ""])
def test_other_methods_are_not_allowed(method: str, function: Function) -> None:
    answer = function(deep_link(method=method))

    assert answer.status == 405
    assert answer.headers["Allow"] == ["GET"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "//",
        "/index.html",
        f"{SIGN_IN}/",
        SIGN_IN.upper(),
        f"/x{SIGN_IN}",
        "/logout/",
        "/../",
        "/templates/style.css",
        "/%2e%2e/etc/passwd",
        "/aws_mwaa",
        "/favicon.ico",
        "/<script>",
    ],
)
def test_other_paths_lead_nowhere(path: str, function: Function) -> None:
    answer = function(deep_link() | {"path": path})

    assert answer.status == 404
    assert not path.strip("/") or path not in answer.body
