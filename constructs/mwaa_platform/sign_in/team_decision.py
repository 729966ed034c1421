"""A team's own decision in the authenticator: its module, and what that may do in AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa_platform.nag import acknowledge, wildcard_resource


@dataclass(frozen=True, kw_only=True)
class TeamDecision:
    """Module of a team that decides in place of the grants.

    `statements` have the form of IAM policies; `variables` are environment variables of the
    function.
    """

    module: Path
    statements: Sequence[Mapping[str, Any]] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    def grant(self, scope: Construct, role: iam.IRole) -> None:
        """Allows the role what the statements say."""
        if not self.statements:
            return
        policy = iam.Policy(
            scope,
            "TeamDecision",
            roles=[role],
            statements=[iam.PolicyStatement.from_json(each) for each in self.statements],
        )
        resources = {arn for each in self.statements for arn in each["Resource"]}
        acknowledge(
            policy,
            {
                wildcard_resource(scope, arn): "The configuration names it for the team's own "
                "decision, up to its last separator."
                for arn in sorted(resources)
                if "*" in arn
            },
        )


def deny_changes(table_arn: str, scope: Construct, role: iam.IRole) -> None:
    """Denies the role everything but lookups in the table, whatever a team's statements allow.

    A decision that could write grants or remove blocks would decide more than it is asked.
    """
    iam.Policy(
        scope,
        "TableIsReadOnly",
        roles=[role],
        statements=[
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                not_actions=["dynamodb:BatchGetItem"],
                resources=[table_arn],
            )
        ],
    )
