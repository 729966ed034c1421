"""Policies by which the authenticator decides which roles a person has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa_platform.sign_in.grants_table import GrantsTable
from mwaa_platform.sign_in.team_decision import TeamDecision, deny_changes
from mwaa_platform.sign_in.web_login_roles import AIRFLOW_ROLES


class AccessPolicy(Protocol):
    """Source of the authenticator's decisions."""

    @property
    def variables(self) -> Mapping[str, str]:
        """Environment variables that select this policy in the authenticator."""

    @property
    def airflow_roles(self) -> Sequence[str]:
        """Airflow roles that the policy can give."""

    @property
    def decision(self) -> TeamDecision | None:
        """Module of a team that decides, if one does."""

    def grant_read(self, scope: Construct, role: iam.IRole) -> None:
        """Allows the authenticator's role to read the source; new policies are in the scope."""


@dataclass(frozen=True, kw_only=True)
class TableAccess:
    """Access by the grants table, or by a team's decision, whose questions contain the grants."""

    table: GrantsTable
    decision: TeamDecision | None = None

    @property
    def variables(self) -> Mapping[str, str]:
        """Name of the table, and the decision's variables."""
        decision = {"DECISION": "team", **self.decision.variables} if self.decision else {}
        return {"GRANTS_TABLE": self.table.table.table_name, **decision}

    @property
    def airflow_roles(self) -> Sequence[str]:
        """All default roles of Airflow."""
        return AIRFLOW_ROLES

    def grant_read(self, scope: Construct, role: iam.IRole) -> None:
        """Allows lookups of principals in the table, and what a team's decision may do."""
        self.table.grant_lookup(role)
        if self.decision:
            self.decision.grant(scope, role)
            deny_changes(self.table.table.table_arn, scope, role)


@dataclass(frozen=True, kw_only=True)
class FixedRoleAccess:
    """Access of everybody who signs in, under one role."""

    airflow_role: str
    decision: None = None

    @property
    def variables(self) -> Mapping[str, str]:
        """Name of the role."""
        return {"FIXED_ROLE": self.airflow_role}

    @property
    def airflow_roles(self) -> Sequence[str]:
        """The one role."""
        return (self.airflow_role,)

    def grant_read(self, scope: Construct, role: iam.IRole) -> None:
        """Does nothing: there is no source to read."""
