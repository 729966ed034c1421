"""Saved queries, metric filters and alarms read fields that the authenticator writes."""

from __future__ import annotations

import json
import re
from dataclasses import fields

import pytest

from authenticator.audit import AuditRecord
from mwaa.monitoring.metric import Subject
from mwaa.monitoring.sign_in import audited_metric
from tests.templates.synthesis import SAMPLES, rendered, sample

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


@pytest.mark.parametrize(
    ("metric", "decision"), [("SignIns", "allow"), ("Denials", "deny"), ("Failures", "fail")]
)
def test_a_metric_is_one_that_is_written(
    capsys: pytest.CaptureFixture[str], metric: str, decision: str
) -> None:
    asked = audited_metric(metric)
    of = {Subject.PLATFORM: "data"}
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
    assert (asked.namespace_of(of), asked.name) == (
        written["Namespace"],
        written["Metrics"][0]["Name"],
    )
    dimensions = asked.dimensions_of(of)
    assert [*dimensions] in written["Dimensions"]
    assert all(line[name] == value for name, value in dimensions.items())
