"""The authenticator: reserved concurrency, and a team's own decision with what it may do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.loader import parse_configuration
from errors import Finding, InputError
from tests.unit.config.configurations import (
    NAMES,
    QUICK_START,
    draft,
    mistakes_in,
    parse,
    quick_start,
    warnings_of,
    words,
)

RIGHT = "def decide(question):\n    return {}\n"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/duty"
READ = {"Action": "dynamodb:GetItem", "Resource": TABLE}
SAMPLE = "decisions/by_group_name.py"


def _decision(**keys: Any) -> dict[str, Any]:
    return draft(Authenticator={"Decision": {"Module": SAMPLE, **keys}})


def _findings(code: str | bytes, folder: Path) -> list[Finding]:
    """What is wrong with a module of this code."""
    (folder / "own.py").write_bytes(code.encode() if isinstance(code, str) else code)
    raw = draft(Authenticator={"Decision": {"Module": "own.py"}})
    try:
        parse_configuration(raw, source=folder / "cdk.context.json")
    except InputError as error:
        found = list(error.findings)
    else:
        found = []
    assert {each.path for each in found} <= {"Authenticator.Decision.Module"}
    return found


def test_without_the_section_nothing_is_reserved_and_grants_decide() -> None:
    found = parse(draft()).authenticator
    assert (found.reserved_concurrency, found.decision) == (None, None)


def test_a_decision_with_all_that_it_needs() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "data"}}
    statement = {**READ, "Effect": "Allow", "Condition": condition}
    several = {"Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::example-duty/current/*"]}
    raw = _decision(Statements=[statement, several], Variables={"DECISION_TABLE": "duty"})

    decision = parse(raw).authenticator.decision

    assert decision
    assert decision.module.name == "by_group_name.py"
    assert [each.as_iam for each in decision.statements] == [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem"],
            "Resource": [TABLE],
            "Condition": condition,
        },
        {**several, "Effect": "Allow"},
    ]
    assert decision.variables == {"DECISION_TABLE": "duty"}


@pytest.mark.parametrize(
    ("statement", "key", "reason", "hint"),
    [
        ({"Effect": "Deny"}, "Effect", "none of: Allow", ""),
        ({"Action": "*"}, "Action[0]", "without wildcards", "Name each action"),
        ({"Action": "dynamodb:*"}, "Action[0]", "without wildcards", "Name each action"),
        ({"Action": "dynamodb:Get*"}, "Action[0]", "without wildcards", "Name each action"),
        ({"Action": "GetItem"}, "Action[0]", "an action of IAM", ""),
        ({"Action": []}, "Action", "must not be empty", ""),
        ({"Resource": "*"}, "Resource[0]", "the ARN", "Name the resources"),
        ({"Resource": f"{TABLE}*"}, "Resource[0]", "the ARN", "after a slash or a colon"),
        ({"Resource": "arn:aws:s3:::*"}, "Resource[0]", "the ARN", "after a slash or a colon"),
        ({"Resource": "arn:aws:s3:::*/x"}, "Resource[0]", "the ARN", "after a slash or a colon"),
        ({"Resource": "duty"}, "Resource[0]", "the ARN", ""),
        ({"NotResource": TABLE}, "NotResource", "no such key", "Did you mean Resource?"),
        ({"Principal": "*"}, "Principal", "no such key", ""),
    ],
)
def test_a_statement_names_what_it_allows(
    statement: dict[str, Any], key: str, reason: str, hint: str
) -> None:
    path = f"Authenticator.Decision.Statements[0].{key}"
    found = words(_decision(Statements=[{**READ, **statement}]), path)
    assert reason in found[0]
    assert hint in found[1]


ROLES = "arn:aws:iam::111122223333:role/*"
FUNCTIONS = "arn:aws:lambda:eu-west-1:111122223333:function:*"
STACKS = "arn:aws:cloudformation:eu-west-1:111122223333:stack/*"
ENVIRONMENTS = "arn:aws:airflow:eu-west-1:111122223333:role/*"
TABLES = "arn:aws:dynamodb:eu-west-1:111122223333:table/*"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:DeleteRolePolicy", ROLES),
        ("iam:PutRolePolicy", ROLES),
        ("iam:GetRole", "arn:aws:iam::111122223333:role/team/*"),
        ("sts:AssumeRole", ROLES),
        ("lambda:InvokeFunction", FUNCTIONS),
        ("lambda:InvokeFunction", FUNCTIONS.replace(":*", ":duty:*")),
        ("cloudformation:UpdateStack", STACKS),
        ("airflow:CreateWebLoginToken", ENVIRONMENTS),
        ("dynamodb:PutItem", TABLES),
        ("dynamodb:BatchWriteItem", TABLES),
        ("dynamodb:PartiQLDelete", TABLES),
        ("dynamodb:RestoreTableFromBackup", TABLES),
        ("dynamodb:CreateBackup", TABLES),
    ],
)
def test_what_could_reach_the_platform_itself_is_named(action: str, resource: str) -> None:
    statement = {"Action": ["dynamodb:GetItem", action], "Resource": [TABLE, resource]}
    path = "Authenticator.Decision.Statements[0].Resource"
    reason, hint = words(_decision(Statements=[statement]), path)
    service = action.partition(":")[0]
    assert reason.startswith(f"An action of {service}")
    assert reason.endswith('takes no resource with a "*".')
    assert hint == "Name each resource that the decision needs, in a statement of its own."
    parse(_decision(Statements=[{**statement, "Resource": [TABLE, resource[:-1] + "duty"]}]))


@pytest.mark.parametrize(
    "action",
    [
        *("GetItem", "BatchGetItem", "Query", "Scan", "PartiQLSelect", "DescribeTable"),
        *("ConditionCheckItem", "ListTagsOfResource", "GetRecords"),
    ],
)
def test_a_decision_reads_any_table_below_a_name(action: str) -> None:
    parse(_decision(Statements=[{"Action": f"dynamodb:{action}", "Resource": f"{TABLE}/index/*"}]))


@pytest.mark.parametrize(
    ("variables", "path", "reason"),
    [
        ({"AWS_REGION": "x"}, "Variables.AWS_REGION", "begins with DECISION_"),
        ({"DECISION": "own"}, "Variables.DECISION", "begins with DECISION_"),
        ({"DECISION_A": 1}, "Variables.DECISION_A", "must be a text"),
        ({f"DECISION_{n}": "x" * 250 for n in range(5)}, "Variables", "longer than 1024"),
    ],
)
def test_variables_are_its_own_and_short(variables: dict[str, Any], path: str, reason: str) -> None:
    found = words(_decision(Variables=variables), f"Authenticator.Decision.{path}")
    assert reason in found[0]


@pytest.mark.parametrize(
    ("value", "reason"), [(0, "1 at least"), (-1, "1 at least"), ("5", "a whole number")]
)
def test_a_reserved_concurrency_stops_nobody(value: Any, reason: str) -> None:
    raw = draft(Authenticator={"ReservedConcurrency": value})
    assert reason in words(raw, "Authenticator.ReservedConcurrency")[0]


@pytest.mark.parametrize(
    ("keys", "path", "reason", "hint"),
    [
        ({"Decisions": {}}, "Authenticator.Decisions", "no such key", "Did you mean Decision?"),
        ({"Decision": {}}, "Authenticator.Decision.Module", "Missing: path of the Python", ""),
        (
            {"Decision": {"Module": "none.py"}},
            "Authenticator.Decision.Module",
            "There is no such file.",
            "Paths start from the configuration's folder.",
        ),
        ({"Decision": {"Module": "decisions"}}, "Authenticator.Decision.Module", "no file", ""),
    ],
)
def test_a_mistake_in_the_section(keys: dict[str, Any], path: str, reason: str, hint: str) -> None:
    found = words(draft(Authenticator=keys), path)
    assert reason in found[0]
    assert hint in found[1]


@pytest.mark.parametrize(
    "code",
    [
        RIGHT,
        "def decide(question, log=print): ...",
        "def decide(question, /): ...",
        "def decide(*questions, **more): ...",
        f"import json, urllib.request, boto3\nfrom botocore.config import Config\n{RIGHT}",
        f"from authenticator.decision import Question, RoleAccess\n{RIGHT}",
    ],
)
def test_a_module_that_can_be_called_is_taken(code: str, tmp_path: Path) -> None:
    assert _findings(code, tmp_path) == []


@pytest.mark.parametrize(
    ("code", "reason", "hint"),
    [
        ("", "no function decide at its top level", "def decide(question: Question) -> Answer"),
        ("class A:\n    def decide(self, question): ...", "no function decide", ""),
        ("def decides(question): ...", "no function decide", "Did you mean decide by decides?"),
        ("decide = print", "no function decide", ""),
        ("async def decide(question): ...", "line 1 is async", ""),
        ("\ndef decide(): ...", "decide at its line 2 cannot be called with the question", ""),
        ("def decide(person, environments): ...", "cannot be called with the question", ""),
        ("def decide(*, question): ...", "cannot be called with the question", ""),
        ("def decide(question, *, table): ...", "cannot be called with the question", ""),
        ("def decide(question:\n", "This is not Python at its line 1.", "py_compile own.py"),
        (b"\xff\xfe\x00", "This is not Python", ""),
        (f"\x00{RIGHT}", "This is not Python", ""),
        (f"import requests\n{RIGHT}", "line 1 imports requests", "Python's own modules, boto3"),
        (f"from . import grants\n{RIGHT}", "line 1 imports .,", ""),
        (f"from authenticator.aws import AwsClients\n{RIGHT}", "imports authenticator.aws", ""),
        (f"{RIGHT}def f():\n    import jwt\n", "line 4 imports jwt", ""),
    ],
)
def test_a_module_that_could_not_answer_is_a_mistake(
    code: str | bytes, reason: str, hint: str, tmp_path: Path
) -> None:
    (finding,) = _findings(code, tmp_path)
    assert reason in finding.message
    assert hint in (finding.remedy or "")


def test_every_mistake_of_a_module_is_told_at_once_and_it_never_runs(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    code = f"open({str(ran)!r}, 'w')\nimport requests\nimport jwt\ndef decide(): ...\n"

    assert len(_findings(code, tmp_path)) == 3
    assert not ran.exists()


def test_a_wrong_statement_does_not_hide_a_wrong_module(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("")
    decision = {"Module": "own.py", "Statements": [{**READ, "Action": "*"}]}
    raw = draft(Authenticator={"Decision": decision})

    with pytest.raises(InputError) as error:
        parse_configuration(raw, source=tmp_path / "cdk.context.json")
    assert {each.path for each in error.value.findings} == {
        "Authenticator.Decision.Module",
        "Authenticator.Decision.Statements[0].Action[0]",
    }


def test_quick_start_asks_no_decision() -> None:
    section = {"Decision": {"Module": SAMPLE}}
    alone = {**quick_start(), "Authenticator": section}
    assert "Nothing asks it" in mistakes_in(alone)["Authenticator.Decision"].message

    beside = draft(Alb={"CertificateArn": draft()["Alb"]["CertificateArn"], **NAMES})
    beside |= {"QuickStart": QUICK_START, "Authenticator": section}
    assert "QuickStart does not ask it" in warnings_of(beside)
