"""Permissions of an environment's execution role, beyond what MWAA prescribes."""

from __future__ import annotations

from config.iam_policy import read_policy
from config.new_environment import NewEnvironment
from config.secrets_backend import PARAMETER_STORE
from mwaa_platform.environment.execution_role import SecretsAccess, TeamAccess


def secrets_access(settings: NewEnvironment) -> SecretsAccess | None:
    """Permissions of the secrets backend; None without one."""
    backend = settings.secrets_backend
    if not backend:
        return None
    return SecretsAccess(
        prefixes=backend.prefixes,
        key_arn=backend.kms_key_arn,
        in_parameter_store=backend.service == PARAMETER_STORE,
    )


def team_access(settings: NewEnvironment) -> TeamAccess:
    """Permissions that the environment's team gives its DAGs."""
    role = settings.execution_role
    return TeamAccess(
        policy=read_policy(role.policy).as_iam if role.policy else None,
        managed_policy_arns=role.managed_policy_arns,
        permissions_boundary_arn=role.permissions_boundary_arn,
    )
