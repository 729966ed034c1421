"""Boundaries of roles in a few resources."""

from __future__ import annotations

from typing import Any

from cli.plan.application import StackState
from cli.policies.boundary import Names, bounded_roles
from config.role_access import location_of
from tests.unit.cli.plan.applications import application, template
from tests.unit.config.configurations import SMALLEST, parse

Json = dict[str, Any]


def role(boundary: str | None, *statements: Json) -> Json:
    policies = [{"PolicyName": "a", "PolicyDocument": {"Statement": [*statements]}}]
    bounded = {"PermissionsBoundary": boundary} if boundary else {}
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": policies, **bounded}}


def allow(action: str, resource: Any, **keys: Any) -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **keys}


def found(**resources: Json) -> dict[str, list[Json]]:
    """The statements by boundary."""
    configuration = parse(SMALLEST)
    made = application(StackState(id="Env-lake", name="lake", template=template(**resources)))
    names = Names.of(made, configuration, location_of(configuration))
    policies = bounded_roles(made, names)
    return {boundary: policy["Statement"] for boundary, policy in policies.items()}


def test_each_boundary_has_what_its_own_roles_may_do() -> None:
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyDocument": {"Statement": [allow("s3:ListBucket", "arn:aws:s3:::b")]},
            "Roles": [{"Ref": "B"}],
        },
    }
    statements = found(
        A=role(
            "a", allow("s3:GetObject", "arn:aws:s3:::a/*"), {**allow("*", "*"), "Effect": "Deny"}
        ),
        B=role("b"),
        C=role(None, allow("ec2:RunInstances", "*")),
        Policy=policy,
    )

    assert statements == {
        "a": [
            allow("s3:GetObject", "arn:aws:s3:::a/*") | lists("s3:GetObject", "arn:aws:s3:::a/*")
        ],
        "b": [allow("s3:ListBucket", "arn:aws:s3:::b") | lists("s3:ListBucket", "arn:aws:s3:::b")],
    }


def lists(action: str, resource: str) -> Json:
    return {"Action": [action], "Resource": [resource]}


def test_what_cannot_be_told_before_stands_for_everything() -> None:
    unknown = {"Fn::If": ["C", "a", "b"]}
    statements = found(
        A=role("a", allow("sqs:SendMessage", unknown)),
        B=role("a", allow("s3:GetObject", {"Fn::Sub": "arn:${AWS::Partition}:s3:::${Other}/a"})),
    )
    assert [each["Resource"] for each in statements["a"]] == [["*"], ["arn:aws:s3:::*/a"]]


def test_statements_of_a_team_by_exclusion_stay_as_they_are() -> None:
    by_exclusion = {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": ["*"]}
    statements = found(A=role("a", {**by_exclusion, "Sid": "A"}, allow("s3:GetObject", "*")))
    assert by_exclusion in statements["a"]


def test_one_that_iam_would_not_take_has_every_resource() -> None:
    """IAM takes 6,144 characters."""
    one, other = (
        [
            f"arn:aws:s3:::a-bucket-with-a-long-name-{number}/*"
            for number in range(start, start + 80)
        ]
        for start in (0, 80)
    )
    statements = found(A=role("a", allow("s3:GetObject", one), allow("s3:PutObject", other)))
    assert statements["a"] == [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": ["*"]}
    ]
