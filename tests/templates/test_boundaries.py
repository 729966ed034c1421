"""What `policies` prints for a boundary against what the roles of the templates may do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from cli.plan.application import Application, StackState
from cli.policies.boundary import Names, bounded_roles
from cli.role_check import forbidden
from config.iam_policy import MAX_CHARACTERS
from config.loader import parse_configuration
from config.role_access import Made, bounded_access, location_of
from config.stack_names import Kind
from mwaa.permissions.evaluation import Request, Verdict, judge
from tests.templates.synthesis import SAMPLES, Json, raw_sample, sample

NAME = "everything-given"
BOUNDARY = "arn:aws:iam::111122223333:policy/company-boundary"
CONFIGURATION = parse_configuration(raw_sample(NAME), source=SAMPLES[NAME])
LOCATION = location_of(CONFIGURATION, *CONFIGURATION.new_environments)
ACCOUNT = "us-east-1:111122223333"


def policy(*, without: frozenset[str] = frozenset()) -> Json:
    """What is printed for the sample, without some of its stacks."""
    templates = sample(NAME).templates.items()
    stacks = {
        id_: StackState(id=id_, name=id_, template=each)
        for id_, each in templates
        if id_ not in without
    }
    application = Application(stacks=stacks, written=None)
    found = bounded_roles(application, Names.of(application, CONFIGURATION, LOCATION))
    assert found.keys() == {BOUNDARY}
    return found[BOUNDARY]


@pytest.fixture(scope="module")
def printed() -> Json:
    return policy()


@pytest.fixture(scope="module")
def of_people() -> Json:
    """Without the deployers' roles, which read so much that IAM takes no list of resources."""
    return policy(without=frozenset({Kind.DEPLOYERS}))


def test_what_is_too_long_for_iam_has_every_resource(printed: Json, of_people: Json) -> None:
    for each in (printed, of_people):
        assert len(json.dumps(each, separators=(",", ":"))) <= MAX_CHARACTERS
    assert [each["Resource"] for each in printed["Statement"]] == [["*"]]


def test_no_execution_role_is_held_back(printed: Json) -> None:
    made = Made(bucket="a-bucket", key="1111-2222", secret="a-secret")
    bounded = [each for each in CONFIGURATION.new_environments if not each.execution_role.arn]

    assert [each.name for each in bounded] == ["analytics", "plants"]
    for settings in bounded:
        assert not [*forbidden(printed, bounded_access(settings, LOCATION, made))]


def test_every_action_of_every_role_is_in_it(printed: Json) -> None:
    allowed = {action for each in printed["Statement"] for action in each["Action"]}
    needed = {
        action
        for _, _, resource in sample(NAME).all_resources()
        if resource["Type"].startswith("AWS::IAM::")
        for action in _allowed(resource["Properties"])
    }

    assert needed == allowed
    assert {"dynamodb:Scan", "airflow:CreateWebLoginToken", "s3:PutObject"} <= needed


@pytest.mark.parametrize(
    ("action", "resource", "verdict"),
    [
        (
            "dynamodb:BatchGetItem",
            f"arn:aws:dynamodb:{ACCOUNT}:table/mwaa-platform-Grants-1",
            Verdict.ALLOWED,
        ),
        (
            "sts:AssumeRole",
            "arn:aws:iam::111122223333:role/platform/data-mwaa-platform-Admin",
            Verdict.ALLOWED,
        ),
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/deployers", Verdict.NOT_ALLOWED),
        ("s3:PutObject", "arn:aws:s3:::a-bucket/mwaa-platform/plugins.zip", Verdict.ALLOWED),
        ("s3:PutObject", "arn:aws:s3:::a-bucket/salaries.csv", Verdict.NOT_ALLOWED),
    ],
)
def test_resources_are_those_that_the_roles_have(
    action: str, resource: str, verdict: Verdict, of_people: Json
) -> None:
    assert judge(of_people, Request(action=action, resource=resource)) is verdict


def test_a_release_with_other_files_needs_no_other_boundary(printed: Json) -> None:
    assert not re.search("[0-9a-f]{64}", json.dumps(printed))


def _allowed(properties: Json) -> Iterator[str]:
    documents: list[Any] = [each["PolicyDocument"] for each in properties.get("Policies", ())]
    for each in [*documents, properties.get("PolicyDocument", {"Statement": []})]:
        for statement in each["Statement"]:
            if statement["Effect"] == "Allow":
                actions = statement["Action"]
                yield from [actions] if isinstance(actions, str) else actions
