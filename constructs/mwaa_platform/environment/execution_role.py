"""Execution role of an environment.

https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa.permissions.execution_role import (
    SERVICES,
    RoleAccess,
    log_stream_arns,
    queue_arns,
    trust_condition,
)
from mwaa.permissions.statement import Location, plain
from mwaa_platform.nag import acknowledge, wildcard_resource
from mwaa_platform.statements import policy_statement


@dataclass(frozen=True, kw_only=True)
class TeamAccess:
    """Permissions that an environment's team gives its DAGs.

    `policy` is an identity policy of IAM, `managed_policy_arns` name others. The boundary limits
    the whole role, in place of that of the stack's roles.
    """

    policy: Mapping[str, Any] | None = None
    managed_policy_arns: Sequence[str] = ()
    permissions_boundary_arn: str | None = None


class ExecutionRole(iam.Role):
    """Role with the permissions that MWAA prescribes, those for lineage and secrets, and a team's.

    The platform's policies are inline, so that they exist before anything can assume the role; the
    team's is a managed policy, apart from them and with a size of its own.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        access: RoleAccess,
        team: TeamAccess | None = None,
    ) -> None:
        """Adds the role.

        - `access`: what the environment needs; it alone can use the role.
        - `team`: further permissions; none by default.
        """
        team = team or TeamAccess()
        super().__init__(
            scope,
            construct_id,
            description=f"Airflow of the MWAA environment {access.environment}",
            assumed_by=_service_principal(access.environment, access.location),
            inline_policies={
                name: iam.PolicyDocument(statements=[*map(policy_statement, statements)])
                for name, statements in access.policies.items()
            },
            managed_policies=_team_policies(scope, construct_id, access.environment, team),
        )
        if arn := team.permissions_boundary_arn:
            boundary = iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", arn)
            # Not by the role's property, which that of the stack's roles would override.
            iam.PermissionsBoundary.of(self).apply(boundary)
        _acknowledge_team(self, team)
        self._acknowledge_wildcards(access)

    def _acknowledge_wildcards(self, access: RoleAccess) -> None:
        within_bucket = "MWAA prescribes the action's family; it is bound to this bucket."
        location, objects = access.location, access.bucket.object_arns if access.bucket else ()
        acknowledge(
            self,
            {
                "AwsSolutions-IAM5[Action::s3:GetObject*]": within_bucket,
                "AwsSolutions-IAM5[Action::s3:GetBucket*]": within_bucket,
                "AwsSolutions-IAM5[Action::s3:List*]": within_bucket,
                **{
                    wildcard_resource(self, arn): "Airflow reads whatever its team puts into the "
                    "environment's own bucket, or into its own prefixes of a shared one."
                    for arn in objects
                },
                **{
                    wildcard_resource(self, arn): "All log streams of one of the environment's own "
                    "log groups; a group's name has no colon."
                    for arn in log_stream_arns(access.environment, location)
                },
                wildcard_resource(self, queue_arns(location)): (
                    "The queue is in an account of AWS's own and its name is not known; across "
                    "accounts the policy of the queue itself must allow it too."
                ),
                "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]": (
                    "MWAA prescribes the action's family; it is bound to one key."
                ),
                "AwsSolutions-IAM5[Resource::*]": (
                    "s3:GetAccountPublicAccessBlock, logs:DescribeLogGroups, "
                    "cloudwatch:PutMetricData and datazone:PostLineageEvent know no resources; "
                    "s3:ListAllMyBuckets is denied."
                ),
                **{
                    wildcard_resource(self, arn): "Connections and variables are secrets below "
                    "this prefix, which their team makes as it needs them."
                    for arn in access.secrets.arns(location)
                },
            },
        )


def _team_policies(
    scope: Construct, construct_id: str, environment_name: str, team: TeamAccess
) -> list[iam.IManagedPolicy]:
    named = [
        iam.ManagedPolicy.from_managed_policy_arn(scope, f"{construct_id}-{arn}", arn)
        for arn in team.managed_policy_arns
    ]
    if not team.policy:
        return named
    policy = iam.ManagedPolicy(
        scope,
        f"{construct_id}Team",
        description=f"What the DAGs of the MWAA environment {environment_name} may do",
        document=iam.PolicyDocument.from_json(team.policy),
    )
    acknowledge(policy, dict.fromkeys(_wildcards(team.policy), NAMED_BY_TEAM))
    return [*named, policy]


NAMED_BY_TEAM = (
    "The environment's team names it in its own policy; the configuration warns of what is broad."
)


def _wildcards(policy: Mapping[str, Any]) -> Iterator[str]:
    """Rules under which cdk-nag reports the actions and resources of a policy with `*`."""
    for statement in policy["Statement"]:
        if "NotAction" in statement:
            yield "AwsSolutions-IAM5"  # cdk-nag cannot read such a statement at all.
        for kind in ("Action", "Resource"):
            for each in statement.get(kind, ()):
                if "*" in each and statement["Effect"] == "Allow":
                    yield f"AwsSolutions-IAM5[{kind}::{each}]"


def _acknowledge_team(role: iam.Role, team: TeamAccess) -> None:
    acknowledge(
        role,
        {
            f"AwsSolutions-IAM4[Policy::{arn}]": NAMED_BY_TEAM
            for arn in team.managed_policy_arns
            if ":iam::aws:" in arn
        },
    )


def _service_principal(environment_name: str, location: Location) -> iam.IPrincipal:
    condition = plain(trust_condition(location, environment_name))
    return iam.CompositePrincipal(
        *(iam.ServicePrincipal(service, conditions=condition) for service in SERVICES)
    )
