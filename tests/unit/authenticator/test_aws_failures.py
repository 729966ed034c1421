"""Errors, timeouts and malformed responses of AWS: nobody is signed in, everybody gets a page."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from authenticator import aws, handler
from tests.unit.authenticator.alb_events import deep_link, event, token
from tests.unit.authenticator.conftest import PATIENCE_SECONDS, Function
from tests.unit.authenticator.fake_aws import FakeAws, Response, error

OPERATIONS = ("BatchGetItem", "GetEnvironment", "AssumeRole", "CreateWebLoginToken")


GIVEN_UP_SECONDS = PATIENCE_SECONDS / 2
"""After the half second of each of its attempts, but a busy machine does not run this process all
the time."""


@pytest.fixture
def impatient(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr(aws, "READ_TIMEOUT_SECONDS", 0.5)


FAULTS = pytest.mark.parametrize(
    "answer",
    [
        error("AccessDeniedException", 403),
        error("ThrottlingException", 400),
        error("InternalServerException", 500),
        error("ResourceNotFoundException", 404),
        (429, ""),
        (503, ""),
        (302, ""),
        (200, ""),
        (200, "{}"),
        (200, "[]"),
        (200, "null"),
        (200, "nonsense"),
        (200, "\ufeff{}"),
        (200, "<html><body>Proxy error</body></html>"),
        (200, '{"Responses": [], "Environment": [], "WebToken": {}}'),
        (200, '{"Responses": {"grants": "x"}, "Environment": {}, "WebToken": 7}'),
        (200, '{"Responses": {"grants": ["x"]}, "Environment": null, "WebToken": null}'),
        (200, "<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"),
    ],
    ids=lambda answer: f"{answer[0]}-{answer[1][:40]}",
)


@pytest.mark.parametrize("operation", OPERATIONS)
@FAULTS
def test_a_failing_service_is_no_sign_in(
    operation: str, answer: Response, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", "legacy", "Viewer")
    fake_aws.faults[operation] = lambda _: answer

    failed = function(deep_link("legacy"))

    assert failed.status == 503
    assert failed.headers["Retry-After"] == ["30"]
    assert failed.line["reference"] in failed.body
    assert failed.log[-1]["decision"] == "fail"
    assert failed.log[-1]["who"] == "ada@example.com"
    assert "Location" not in failed.headers


@FAULTS
def test_a_portal_without_the_table_is_no_portal(
    answer: Response, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.faults["BatchGetItem"] = lambda _: answer

    failed = function(event("/", sign_in=token()))

    assert failed.status == 503
    assert failed.headers["Retry-After"] == ["30"]
    assert failed.line["reference"] in failed.body
    assert "analytics" not in failed.body


@FAULTS
def test_a_portal_without_mwaa_lists_what_may_be_opened(
    answer: Response, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.faults["GetEnvironment"] = lambda _: answer

    shown = function(event("/", sign_in=token()))

    assert shown.status == 200
    assert "Open analytics as " in shown.body
    assert "State unknown" in shown.body


@pytest.mark.usefixtures("impatient")
def test_a_table_that_hangs_is_given_up_by_the_portal(
    function: Function, fake_aws: FakeAws, silence: Callable[[Any], None]
) -> None:
    fake_aws.faults["BatchGetItem"] = silence
    started = time.monotonic()

    assert function(event("/", sign_in=token())).status == 503
    assert time.monotonic() - started < GIVEN_UP_SECONDS


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_service_that_hangs_is_given_up(
    operation: str, function: Function, fake_aws: FakeAws, silence: Callable[[Any], None]
) -> None:
    fake_aws.grant("user:ada@example.com", "legacy", "Viewer")
    fake_aws.faults[operation] = silence
    started = time.monotonic()

    assert function(deep_link("legacy")).status == 503
    assert time.monotonic() - started < GIVEN_UP_SECONDS
    assert len(fake_aws.asked(operation)) == aws.MAX_ATTEMPTS


@pytest.mark.parametrize("operation", OPERATIONS)
def test_one_short_fault_is_not_noticed(
    operation: str, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", "legacy", "Viewer")
    fake_aws.faults[operation] = lambda _: (
        (503, "") if len(fake_aws.asked(operation)) == 1 else None
    )

    assert function(deep_link("legacy")).status == 302


def test_no_call_is_begun_when_the_time_is_up(function: Function, fake_aws: FakeAws) -> None:
    def use_up_the_time(_: object) -> None:
        handler._router()._aws._deadline = 0

    fake_aws.faults["BatchGetItem"] = use_up_the_time

    answer = function(deep_link())

    assert answer.status == 503
    assert answer.line["reason"] == "assume_role: no time left"
    assert fake_aws.asked("AssumeRole") == []
    fake_aws.faults.clear()
    assert function(deep_link()).status == 302


def test_a_fresh_start_has_patience_for_its_longest_request() -> None:
    worst_call = aws.MAX_ATTEMPTS * (aws.CONNECT_TIMEOUT_SECONDS + 2) + 1

    assert aws.REQUEST_TIMEOUT_SECONDS + worst_call < 15


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.org/path",
        "evil.example.org?x",
        "evil.example.org#",
        "user@evil.example.org",
        "a b",
        "a\r\nSet-Cookie: x=1",
        "a\n",
        "\\evil",
        "",
        "-a.example.com",
        "a..example.com",
        "a.example.com.",
        "a:0",
        "a:123456",
        "a:80:80",
        "https://a.example.com",
        "[::1]",
        "\u0430irflow.example.com",
        f"{'a' * 250}.com",
        None,
        7,
        ["a.example.com"],
    ],
)
def test_an_answer_without_a_plain_host_is_not_gone_to(
    host: Any, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.web_login["WebServerHostname"] = host

    assert function(deep_link()).status == 503


@pytest.mark.parametrize("host", ["analytics.localhost:8444", "a-1.b2.airflow.eu-west-1.on.aws"])
def test_a_host_may_have_a_port(host: str, function: Function, fake_aws: FakeAws) -> None:
    fake_aws.web_login["WebServerHostname"] = host

    assert function(deep_link()).location.startswith(f"https://{host}/pluginsv2/")


@pytest.mark.parametrize("minted", ["", "a b", "a\r\nX: y", "é", "x" * 20_000, None, 7])
def test_an_answer_without_a_plain_token_is_not_passed_on(
    minted: Any, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.web_login["WebToken"] = minted

    assert function(deep_link()).status == 503


@pytest.mark.parametrize("version", ["", "x", "٣.1", "-3", None, 3])
def test_a_version_that_is_none_is_not_guessed(
    version: Any, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("user:ada@example.com", "legacy", "Viewer")
    fake_aws.environments["legacy"]["AirflowVersion"] = version

    assert function(deep_link("legacy")).status == 503


@pytest.mark.parametrize("variable", ["ALB_ARN", "TARGET_GROUP_PREFIX", "WEB_LOGIN_ROLE_ARNS"])
def test_a_function_without_its_settings_still_answers(
    variable: str, function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable)

    answer = function(deep_link())

    assert answer.status == 500
    assert answer.line["reason"] == f"settings: the variable {variable} is not set"
    assert answer.line["reference"] in answer.body


def test_a_function_that_cannot_be_prepared_still_starts(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    monkeypatch.delenv("ALB_ARN")
    importlib.reload(handler)

    assert function(deep_link()).status == 500


def test_preparing_builds_clients_and_calls_nobody(
    function: Function, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler._warm_up()
    monkeypatch.setattr("botocore.session.Session.create_client", None)

    assert fake_aws.calls == []
    assert function(deep_link()).status == 302


def test_an_unforeseen_error_is_logged_without_its_text(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("canary-error-text")

    monkeypatch.setattr("authenticator.routes.read_person", fail)

    answer = function(event("/", sign_in=token()))

    assert answer.status == 500
    assert "RuntimeError at " in answer.line["reason"]


@pytest.mark.usefixtures("variables")
def test_a_reference_is_found_where_the_load_balancer_sends_none() -> None:
    sent = event("/")
    for value in ([], ["Root=<script>"], None, 7):
        sent["multiValueHeaders"]["x-amzn-trace-id"] = value
        answer = json.loads(json.dumps(handler.handle(sent, None)))
        assert "<code>" in answer["body"]
        assert "<script>" not in answer["body"]
