"""Roles as which the platform's commands run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa.permissions.statement import Statement
from mwaa_platform.nag import acknowledge, wildcard_resource
from mwaa_platform.statements import policy_statement

REASONS: Mapping[str, str] = {
    "LookAtAll": (
        "These actions take no resource; DescribeStacks and GetServiceQuota ask for what is not "
        "known before."
    ),
    "CompareStacks": (
        "Reads settings of resources, and no content, for drift; their names are generated."
    ),
    "CompareFunctions": "The platform's own functions, whose names begin with those of its stacks.",
    "ReadStacks": "Reads the platform's own stacks, whose ids are not known before they are made.",
    "ReadEnvironments": "Reads the state of environments, which join and leave the file.",
    "AskAirflow": "Any environment of the file, under the role that may change nothing.",
    "ReadCertificates": "Reads which hosts certificates are for; their keys cannot be read.",
    "ReadZones": "Reads the names of hosted zones that the file names, or will name.",
    "ReadTopics": "Reads the settings of topics that the file names, or will name; no message.",
    "JudgeRoles": "Reads execution roles that the file names, and those that it will name.",
    "ReadBoundaries": "Reads permissions boundaries that the file names, or will name.",
    "ReadKeys": "Reads the state and policy of keys, and uses none.",
    "ReadBuckets": "Reads the settings and names of buckets of this account, and no object.",
    "KeepParameters": "Parameters of the platform's own folder, which the command itself makes.",
    "EndProtection": "The platform's own stacks, whose ids are not known before they are made.",
}
"""Why statements have `*` in their resources, by their Sids."""


def operation_role(
    scope: Construct,
    construct_id: str,
    *,
    assumed_by: iam.IPrincipal,
    description: str,
    statements: Sequence[Statement],
) -> iam.Role:
    """A role that may do what these statements say, each of which has its reason above."""
    role = iam.Role(
        scope,
        construct_id,
        description=description,
        assumed_by=assumed_by,
        inline_policies={
            "Operation": iam.PolicyDocument(statements=[*map(policy_statement, statements)])
        },
    )
    acknowledge(
        role,
        {
            wildcard_resource(role, arn): REASONS[each.sid]
            for each in statements
            for arn in each.resources
            if "*" in arn
        },
    )
    return role
