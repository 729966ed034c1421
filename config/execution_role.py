"""Execution role of a new environment: what its DAGs may do in AWS."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from config.local_files import LocalFile
from config.section import Section, setting
from config.types import PolicyArn, check_unique
from config.update_policy import FREE

MAX_MANAGED_POLICIES = 20
"""Of a role, once the quota is raised; 10 by default.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


class ExecutionRole(Section):
    """What the DAGs of an environment may do in AWS, beyond what MWAA itself needs.

    The platform's own statements stay in policies of their own.
    """

    managed_policy_arns: Annotated[
        tuple[PolicyArn, ...],
        Field(max_length=MAX_MANAGED_POLICIES - 1),
        AfterValidator(check_unique),
    ] = setting(
        "ARNs of managed policies that the role gets.",
        update=FREE,
        default=(),
        otherwise="none",
    )
    policy: LocalFile | None = setting(
        "A local JSON file with an identity policy of IAM, whose statements the role gets. With "
        "its white space left out it has 6,144 characters at most.",
        update=FREE,
        default=None,
        otherwise="the role has no statements but the platform's",
    )
    permissions_boundary_arn: PolicyArn | None = setting(
        "ARN of the managed policy that bounds the role's permissions. It must allow what MWAA "
        "needs, too.",
        update=FREE,
        default=None,
        otherwise="that of `Roles`",
    )
