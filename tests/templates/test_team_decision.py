"""A team's own decision: its permissions, its place in the bundle, and reserved concurrency."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.templates.synthesis import (
    Json,
    Synthesis,
    as_list,
    raw_sample,
    rendered,
    sample,
    statements,
    synthesise,
)

FUNCTION = "AWS::Lambda::Function"
ROLE = "AuthenticatorHandlerRole67ADC78D"
MODULE = "decisions/by_group_name.py"
STATEMENTS: list[Json] = [
    {
        "Action": ["dynamodb:GetItem"],
        "Resource": "arn:aws:dynamodb:eu-west-1:111122223333:table/duty",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "data"}},
    },
    {"Action": "s3:GetObject", "Resource": ["arn:aws:s3:::example-duty/current/*"]},
]


def _with_decision(**keys: Any) -> Json:
    raw = raw_sample("own-decision")
    raw["Authenticator"]["Decision"] |= keys
    return raw


def _authenticator(synthesis: Synthesis, stack: str = "Sso") -> Json:
    functions = synthesis.resources(stack, FUNCTION).items()
    (found,) = (each for name, each in functions if name.startswith("AuthenticatorHandler"))
    properties: Json = found["Properties"]
    return properties


def _own_statements(synthesis: Synthesis) -> list[Json]:
    policies = synthesis.resources("Sso", "AWS::IAM::Policy").values()
    return [
        rendered(statement)
        for policy in policies
        if {"Ref": ROLE} in policy["Properties"]["Roles"]
        for statement in statements(policy)
    ]


@pytest.fixture(scope="module")
def decided() -> Synthesis:
    raw = _with_decision(Statements=STATEMENTS, Variables={"DECISION_BUCKET": "example-duty"})
    return synthesise(raw, checked=True)


def test_the_role_may_do_what_the_statements_say_and_nothing_more(decided: Synthesis) -> None:
    before = _own_statements(sample("own-decision"))
    added = [each for each in _own_statements(decided) if each not in before]

    assert added == [
        {**STATEMENTS[0], "Effect": "Allow", "Action": "dynamodb:GetItem"},
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::example-duty/current/*",
        },
    ]


def test_no_statement_lets_it_change_grants_or_blocks(decided: Synthesis) -> None:
    allowed, denied = (
        [each for each in _own_statements(decided) if each["Effect"] == effect]
        for effect in ("Allow", "Deny")
    )
    (table,) = (
        each["Resource"] for each in allowed if as_list(each["Action"]) == ["dynamodb:BatchGetItem"]
    )

    assert denied == [
        {"Effect": "Deny", "NotAction": "dynamodb:BatchGetItem", "Resource": as_list(table)[0]}
    ]


def test_cdk_nag_takes_the_named_wildcard_alone(decided: Synthesis) -> None:
    assert json.loads(decided.files["validation-report.json"])["pluginReports"] == []


def test_it_gets_its_variables(decided: Synthesis) -> None:
    variables = _authenticator(decided)["Environment"]["Variables"]

    assert variables["DECISION"] == "team"
    assert variables["DECISION_BUCKET"] == "example-duty"
    assert "DECISION" not in _authenticator(sample("existing"))["Environment"]["Variables"]


def test_another_module_is_another_bundle(tmp_path: Path) -> None:
    bundles = set()
    for code in ("def decide(question): return {}", "def decide(question): return question"):
        (tmp_path / "own.py").write_text(code)
        synthesis = synthesise(_with_decision(Module=str(tmp_path / "own.py")))
        bundles.add(_authenticator(synthesis)["Code"]["S3Key"])
    raw = raw_sample("own-decision")
    del raw["Authenticator"]
    bundles.add(_authenticator(synthesise(raw))["Code"]["S3Key"])

    assert len(bundles) == 3


@pytest.mark.parametrize(("name", "stack"), [("existing", "Sso"), ("quick-start", "QuickStart")])
def test_concurrency_is_reserved_where_it_is_asked_for(name: str, stack: str) -> None:
    raw = raw_sample(name)
    assert "ReservedConcurrentExecutions" not in _authenticator(synthesise(raw), stack)

    raw["Authenticator"] = {"ReservedConcurrency": 7}
    assert _authenticator(synthesise(raw), stack)["ReservedConcurrentExecutions"] == 7
