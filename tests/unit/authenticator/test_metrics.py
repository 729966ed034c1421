"""Metrics that CloudWatch derives from the log: sign-ins, denials and failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.authenticator.alb_events import SIGN_IN, deep_link, event, token
from tests.unit.authenticator.conftest import Function, Response
from tests.unit.authenticator.fake_aws import FakeAws, error

METRICS = {"SignIns", "Denials", "Failures"}


def _measured(answer: Response) -> tuple[str, list[dict[str, Any]]] | None:
    """The metric of the line and what it is measured by, as CloudWatch reads them."""
    line = answer.line
    if "_aws" not in line:
        assert not METRICS & line.keys()
        return None
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "MwaaPlatform"
    assert line["_aws"]["Timestamp"] > 1_600_000_000_000  # milliseconds
    ((name, unit),) = [tuple(metric.values()) for metric in described["Metrics"]]
    assert (unit, line[name], METRICS & line.keys()) == ("Count", 1, {name})
    return name, [{key: line[key] for key in keys} for keys in described["Dimensions"]]


BY_ALL = {"Platform": "mwaa-platform"}
BY_ROLE = BY_ALL | {"Environment": "analytics", "Role": "Viewer"}


def test_a_sign_in_is_counted_by_environment_and_role(function: Function) -> None:
    assert _measured(function(deep_link())) == ("SignIns", [BY_ALL, BY_ROLE])


def test_a_denial_is_counted(function: Function) -> None:
    denied = function(deep_link("analytics", "Op"))

    assert _measured(denied) == ("Denials", [BY_ALL, BY_ROLE | {"Role": "Op"}])


def test_a_failure_is_counted(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.faults["AssumeRole"] = lambda _: error("AccessDenied", 403)

    assert _measured(function(deep_link())) == ("Failures", [BY_ALL, BY_ROLE])


@pytest.mark.parametrize(
    "sent",
    [
        lambda: deep_link("unknown"),
        lambda: deep_link("<b>"),
        lambda: deep_link(role="Vie"),
        lambda: deep_link("unknown", "nothing"),
        lambda: deep_link(sign_in="x"),
        lambda: event(SIGN_IN, sign_in=token()),
        lambda: event("/", sign_in="x"),
    ],
)
def test_what_a_visitor_types_is_no_dimension(
    sent: Callable[[], dict[str, Any]], function: Function
) -> None:
    answer = function(sent())

    assert _measured(answer) == ("Denials", [BY_ALL])
    assert not {"Environment", "Role"} & answer.line.keys()


@pytest.mark.parametrize("path", ["/", "/missing", "/logout", "/signed-out", "/style.css"])
def test_looking_around_is_not_counted(path: str, function: Function) -> None:
    assert _measured(function(event(path, sign_in=token()))) is None


def test_a_failure_of_the_settings_is_counted(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALB_ARN")

    assert _measured(function(deep_link())) == ("Failures", [BY_ALL])


def test_a_platform_without_a_name_measures_nothing(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLATFORM")

    assert _measured(function(deep_link())) is None
