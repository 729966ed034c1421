"""The execution role of an environment: one of its stack, or the team's own."""

from __future__ import annotations

from typing import NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import DependencyGroup, IDependable

from config.iam_policy import read_policy
from config.new_environment import NewEnvironment
from config.role_access import role_access
from mwaa_platform.environment.execution_role import ExecutionRole, TeamAccess
from mwaa_platform.environment.own_role import admit_to_bucket, admit_to_key, admit_to_secret
from mwaa_platform.statements import location_of
from stacks.environment_lineage import EnvironmentLineage


class EnvironmentRole(NamedTuple):
    """A role, and what exists once it can do its work."""

    role: iam.IRole
    ready: IDependable


def add_role(
    stack: cdk.Stack,
    settings: NewEnvironment,
    *,
    bucket: s3.IBucket,
    key: kms.IKey,
    lineage: EnvironmentLineage | None,
) -> EnvironmentRole:
    """Adds the role, or takes the team's own, which is not changed.

    The environment's bucket, key and secrets let that one in by policies of theirs: what its own
    policies would have to name is not known before the stack is deployed.
    """
    if settings.execution_role.arn:
        return _own_role(
            stack, settings.execution_role.arn, bucket=bucket, key=key, lineage=lineage
        )
    role = ExecutionRole(
        stack,
        "ExecutionRole",
        access=role_access(
            settings,
            location_of(stack),
            lineage=lineage.resolved if lineage else None,
            bucket_arn=bucket.bucket_arn,
            key_arn=key.key_arn,
            token_secret_arns=lineage.token_secret_arns if lineage else {},
        ),
        team=_team_access(settings),
    )
    return EnvironmentRole(role, role)


def _own_role(
    stack: cdk.Stack,
    arn: str,
    *,
    bucket: s3.IBucket,
    key: kms.IKey,
    lineage: EnvironmentLineage | None,
) -> EnvironmentRole:
    role = iam.Role.from_role_arn(stack, "ExecutionRole", arn, mutable=False)
    ready = DependencyGroup(role)
    if isinstance(bucket, s3.Bucket):
        ready.add(admit_to_bucket(bucket, arn))
    if isinstance(key, kms.Key):
        ready.add(admit_to_key(key, arn))
    for secret in lineage.secrets_made if lineage else ():
        ready.add(admit_to_secret(secret, arn))
    return EnvironmentRole(role, ready)


def _team_access(settings: NewEnvironment) -> TeamAccess:
    role = settings.execution_role
    return TeamAccess(
        policy=read_policy(role.policy).as_iam if role.policy else None,
        managed_policy_arns=role.managed_policy_arns,
        permissions_boundary_arn=role.permissions_boundary_arn,
    )
