"""Permissions on many resources, cut into managed policies that IAM accepts."""

from __future__ import annotations

import json
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

LONGEST_POLICY = 6144
"""Characters, without whitespace. A role takes ten policies unless the quota is raised."""

# What the pseudo parameters stand for at their longest.
LONGEST_VALUES = {
    "${AWS::Partition}": "aws-us-gov",
    "${AWS::Region}": "us-isof-south-1",
    "${AWS::AccountId}": "123456789012",
}


def allow_on_many(
    scope: Construct,
    construct_id: str,
    *,
    role: iam.IRole,
    action: str,
    arns: Sequence[str],
) -> None:
    """Let the role do `action` on each ARN, which is written as Fn::Sub takes it."""
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
    """The ARNs in their order, in as few runs as policies take at the longest."""
    runs: list[list[str]] = []
    for arn in arns:
        if not runs or policy_length(action, [*runs[-1], arn]) > LONGEST_POLICY:
            runs.append([])
        runs[-1].append(arn)
    return runs


def policy_length(action: str, arns: Sequence[str]) -> int:
    """Characters of the policy, with the longest partition and Region that there are."""
    statement = {"Action": action, "Effect": "Allow", "Resource": list(arns)}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
    for parameter, longest in LONGEST_VALUES.items():
        policy = policy.replace(parameter, longest)
    return len(policy)
