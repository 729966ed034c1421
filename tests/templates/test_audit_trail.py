"""Saved queries, metric filters and alarms read fields that the authenticator writes."""

from __future__ import annotations

import json
import re
from dataclasses import fields

import aws_cdk as cdk
import pytest

from authenticator.audit import AuditRecord
from mwaa_platform.sign_in.access_policy import FixedRoleAccess
from mwaa_platform.sign_in.authenticator import (
    Authenticator,
    PortalEnvironment,
    TokenTrust,
)
from tests.templates.synthesis import SAMPLES, WITHOUT_BUNDLING, rendered, sample

QUERY = "AWS::Logs::QueryDefinition"
WRITTEN = {each.name for each in fields(AuditRecord)} - {"configured"}
STACK = {name: "QuickStart" if name == "quick-start" else "Sso" for name in SAMPLES}


@pytest.mark.parametrize(("name", "stack"), STACK.items())
def test_the_saved_query_names_only_fields_that_are_written(name: str, stack: str) -> None:
    query = sample(name).properties(stack, QUERY)
    text = query["QueryString"]
    shown = re.findall(r"[@\w]+", text.splitlines()[0].removeprefix("fields"))
    asked = re.findall(r"filter (\w+)", text)

    assert query["Name"].endswith("/who opened what")
    assert {*shown, *asked} - {"@timestamp"} <= WRITTEN
    assert {"who", "environment", "role"} <= set(shown)


@pytest.mark.parametrize(("name", "stack"), STACK.items())
def test_the_saved_query_reads_the_authenticators_log(name: str, stack: str) -> None:
    outputs = sample(name).templates[stack]["Outputs"]
    (log_group,) = sample(name).properties(stack, QUERY)["LogGroupNames"]

    assert rendered(log_group) == rendered(outputs["AuthenticatorLogGroup"]["Value"])
    assert rendered(log_group).startswith("<AuthenticatorHandlerLogs")


def test_the_saved_query_finds_a_sign_in(capsys: pytest.CaptureFixture[str]) -> None:
    AuditRecord(reference="r", event="sign-in", decision="allow").write(None)
    line = json.loads(capsys.readouterr().out)
    filters = re.findall(r'filter (\w+) = "([^"]+)"', _query())

    assert filters
    assert all(line[field] == value for field, value in filters)


def _query() -> str:
    return str(sample("existing").properties("Sso", QUERY)["QueryString"])


@pytest.fixture(scope="module")
def authenticator() -> Authenticator:
    app = cdk.App(context=WITHOUT_BUNDLING)
    return Authenticator(
        cdk.Stack(app, "Stack"),
        "Authenticator",
        platform="data",
        name_prefix="data",
        environments=[PortalEnvironment(name="ingest")],
        access_policy=FixedRoleAccess(airflow_role="Viewer"),
        token_trust=TokenTrust(
            load_balancer_arn="arn",
            issuer="https://idp.example.com",
            client_id="client",
            public_key_endpoint="https://keys.example.com",
            session_cookie_name="cookie",
        ),
    )


@pytest.mark.parametrize(
    ("metric", "decision"),
    [("metric_sign_ins", "allow"), ("metric_denials", "deny"), ("metric_failures", "fail")],
)
@pytest.mark.parametrize("of", [{}, {"environment": "ingest", "role": "Viewer"}])
def test_a_metric_is_one_that_is_written(
    authenticator: Authenticator,
    capsys: pytest.CaptureFixture[str],
    metric: str,
    decision: str,
    of: dict[str, str],
) -> None:
    asked = getattr(authenticator, metric)(**of)
    audit = AuditRecord(
        reference="r",
        event="sign-in",
        decision=decision,
        environment="ingest",
        role="Viewer",
        configured=True,
    )

    audit.write("data")

    line = json.loads(capsys.readouterr().out)
    (written,) = line["_aws"]["CloudWatchMetrics"]
    assert (asked.namespace, asked.metric_name) == (
        written["Namespace"],
        written["Metrics"][0]["Name"],
    )
    assert sorted(asked.dimensions) in [sorted(each) for each in written["Dimensions"]]
    assert all(line[name] == value for name, value in asked.dimensions.items())


def test_a_metric_that_nobody_writes_is_refused(authenticator: Authenticator) -> None:
    with pytest.raises(ValueError, match="together"):
        authenticator.metric_sign_ins(environment="ingest")
