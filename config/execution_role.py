"""Execution role of a new environment: what its DAGs may do in AWS."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from config.local_files import LocalFile
from config.section import Matches, Section, reject, setting
from config.types import IAM_ARN, PolicyArn, check_unique
from config.update_policy import FREE, UpdatePolicy

USUAL_MANAGED_POLICIES, MAX_MANAGED_POLICIES = 10, 20
"""Of a role, by default and once the quota is raised.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


def _role_advice(value: str) -> str | None:
    if ":assumed-role/" in value:
        return "This is a session of a role; name the role itself: arn:aws:iam::…:role/…"
    if ":policy/" in value:
        return "This is a policy: it belongs in ManagedPolicyArns."
    if ":instance-profile/" in value:
        return "This is an instance profile; name the role in it."
    return None


RoleArn = Annotated[
    str,
    Matches(
        IAM_ARN.format(account=r"\d{12}", resource=r"role/[\w+=,.@/-]+"),
        "the ARN of a role, such as arn:aws:iam::111122223333:role/airflow-orders",
        _role_advice,
    ),
]


class ExecutionRole(Section):
    """What the DAGs of an environment may do in AWS, beyond what MWAA itself needs.

    The platform's own statements stay in policies of their own.
    """

    arn: RoleArn | None = setting(
        "ARN of a role of your own, in the same account. The platform does not change it: "
        "`./mwaa-platform policies` prints what it must allow and whom it must trust. The other "
        "keys, and `Roles`, are for roles that the platform creates.",
        update=UpdatePolicy.TAKES_ANOTHER_ROLE,
        default=None,
        otherwise="a role is made in the environment's stack",
    )
    managed_policy_arns: Annotated[
        tuple[PolicyArn, ...],
        Field(max_length=MAX_MANAGED_POLICIES),
        AfterValidator(check_unique),
    ] = setting(
        "ARNs of managed policies that the role gets. With `Policy`, which is one more, IAM gives "
        f"a role {USUAL_MANAGED_POLICIES}, and {MAX_MANAGED_POLICIES} once the quota is raised.",
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

    @property
    def managed_policies(self) -> int:
        """How many managed policies the role has; the platform's own are inline."""
        return len(self.managed_policy_arns) + bool(self.policy)

    @field_validator("policy")
    @classmethod
    def _check_room(cls, value: object, info: ValidationInfo) -> object:
        if value and len(info.data.get("managed_policy_arns", ())) == MAX_MANAGED_POLICIES:
            reject(
                f"A role has {MAX_MANAGED_POLICIES} managed policies at most; this is one more.",
                "Take one out of ManagedPolicyArns.",
            )
        return value

    @field_validator("managed_policy_arns", "policy", "permissions_boundary_arn")
    @classmethod
    def _check_own(cls, value: object, info: ValidationInfo) -> object:
        if value and info.data.get("arn"):
            reject(
                "Nothing is added to a role of your own.",
                "Take this key out, and change the role itself; or take Arn out.",
            )
        return value
