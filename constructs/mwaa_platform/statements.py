"""Statements of policies, from data to the CDK's."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from mwaa.permissions.statement import Location, Statement, plain


def policy_statement(
    statement: Statement, *principals: iam.IPrincipal, with_sid: bool = False
) -> iam.PolicyStatement:
    """A statement for a policy of a role, or with principals of a resource; without its Sid."""
    return iam.PolicyStatement(
        sid=statement.sid if with_sid else None,
        effect=iam.Effect.ALLOW if statement.effect == "Allow" else iam.Effect.DENY,
        principals=list(principals) or None,
        actions=list(statement.actions),
        resources=list(statement.resources),
        conditions=plain(statement.condition) or None,
    )


def location_of(stack: cdk.Stack) -> Location:
    """The account and Region of a stack, as far as they are known, otherwise as tokens."""
    return Location(
        partition=stack.partition,
        region=stack.region,
        account=stack.account,
        dns_suffix=stack.url_suffix,
    )
