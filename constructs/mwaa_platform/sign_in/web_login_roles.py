"""IAM roles that the authenticator assumes to create web login tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa_platform.sign_in.managed_policies import add_managed_policies

AIRFLOW_ROLES = ("Admin", "Op", "User", "Viewer", "Public")


class WebLoginRoles(Construct):
    """One IAM role for each Airflow role, which may create tokens for that Airflow role alone.

    Their names are short and fixed, because Airflow derives user names from them.
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
        """Adds the roles.

        - `name_prefix`: begins their names, which end with the Airflow role.
        - `trusted`: the only role that may assume them, and only with a source identity.
        - `environment_names`: environments of the tokens.
        - `airflow_roles`: the default roles of Airflow by default.
        """
        super().__init__(scope, construct_id)
        self.roles = {
            airflow_role: self._role(airflow_role, name_prefix, trusted, environment_names)
            for airflow_role in airflow_roles
        }

    @property
    def arns_as_json(self) -> str:
        """JSON object of the roles' ARNs by Airflow role, resolved at deployment."""
        return cdk.Stack.of(self).to_json_string(
            {name: role.role_arn for name, role in self.roles.items()}
        )

    def grant_assume(self, grantee: iam.IRole) -> None:
        """Allows the trusted role to assume these roles."""
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
            # CloudTrail then names the person.
            assumed_by=principal.with_conditions({"StringLike": {"sts:SourceIdentity": "?*"}}),
        )
        role.assume_role_policy.add_statements(  # type: ignore[union-attr]
            iam.PolicyStatement(actions=["sts:SetSourceIdentity"], principals=[principal])
        )
        add_managed_policies(
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
