"""Managed policies for an action on many resources, split at IAM's limit of size."""

from __future__ import annotations

import json
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

MAX_POLICY_LENGTH = 6144
"""In characters, without whitespace. A role takes ten policies unless the quota is raised."""

LONGEST_VALUES = {
    "${AWS::Partition}": "aws-us-gov",
    "${AWS::Region}": "us-isof-south-1",
    "${AWS::AccountId}": "123456789012",
}
"""Longest values of the pseudo parameters."""


def add_managed_policies(
    scope: Construct,
    construct_id: str,
    *,
    role: iam.IRole,
    action: str,
    arns: Sequence[str],
) -> None:
    """Allows the role `action` on each ARN, which is written as Fn::Sub takes it."""
    for number, chunk in enumerate(chunks(action, arns), start=1):
        iam.ManagedPolicy(
            scope,
            f"{construct_id}{number}",
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=[action], resources=[cdk.Fn.sub(arn) for arn in chunk])
            ],
        )


def chunks(action: str, arns: Sequence[str]) -> Sequence[Sequence[str]]:
    """Splits the ARNs, in order, into as few policies as their maximum length allows."""
    result: list[list[str]] = []
    for arn in arns:
        if not result or _policy_length(action, [*result[-1], arn]) > MAX_POLICY_LENGTH:
            result.append([])
        result[-1].append(arn)
    return result


def _policy_length(action: str, arns: Sequence[str]) -> int:
    """Length of the policy with the longest partition and Region."""
    statement = {"Action": action, "Effect": "Allow", "Resource": list(arns)}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    for parameter, longest in LONGEST_VALUES.items():
        policy = policy.replace(parameter, longest)
    return len(policy)
