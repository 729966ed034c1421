"""The IAM roles that the authenticator takes on to let a person into an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa_platform.sign_in.policy_chunks import allow_on_many

AIRFLOW_ROLES = ("Admin", "Op", "User", "Viewer", "Public")


class WebLoginRoles(Construct):
    """One role for each Airflow role, good for web login tokens under that one alone.

    Their names are short and fixed, because Airflow builds user names from them.
    """

    roles: Mapping[str, iam.Role]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name_prefix: str,
        trusted: iam.IRole,
        environment_names: Sequence[str],
        airflow_roles: Sequence[str] = AIRFLOW_ROLES,
    ) -> None:
        """`trusted` alone may take these roles on, and must say for whom (source identity)."""
        super().__init__(scope, construct_id)
        self.roles = {
            airflow_role: self._role(airflow_role, name_prefix, trusted, environment_names)
            for airflow_role in airflow_roles
        }

    @property
    def arns_as_json(self) -> str:
        """The roles' ARNs by the names of the Airflow roles, for a template to fill in."""
        return cdk.Stack.of(self).to_json_string(
            {name: role.role_arn for name, role in self.roles.items()}
        )

    def grant_assume(self, grantee: iam.IRole) -> None:
        """Let the trusted role take these on."""
        grantee.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["sts:AssumeRole", "sts:SetSourceIdentity"],
                resources=[role.role_arn for role in self.roles.values()],
            )
        )

    def _role(
        self, airflow_role: str, name_prefix: str, trusted: iam.IRole, names: Sequence[str]
    ) -> iam.Role:
        principal = iam.ArnPrincipal(trusted.role_arn)
        role = iam.Role(
            self,
            airflow_role,
            role_name=f"{name_prefix}-{airflow_role}",
            description=f"Web login to MWAA environments as {airflow_role}",
            # The person's address is in AWS's audit trail, or there is no login.
            assumed_by=principal.with_conditions({"StringLike": {"sts:SourceIdentity": "?*"}}),
        )
        role.assume_role_policy.add_statements(  # type: ignore[union-attr]
            iam.PolicyStatement(actions=["sts:SetSourceIdentity"], principals=[principal])
        )
        allow_on_many(
            self,
            f"{airflow_role}Logins",
            role=role,
            action="airflow:CreateWebLoginToken",
            arns=[
                "arn:${AWS::Partition}:airflow:${AWS::Region}:${AWS::AccountId}:"
                f"role/{name}/{airflow_role}"
                for name in names
            ],
        )
        return role
