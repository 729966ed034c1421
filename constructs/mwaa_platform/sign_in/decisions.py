"""What the authenticator decides by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aws_cdk import aws_iam as iam

from mwaa_platform.sign_in.grants_table import GrantsTable
from mwaa_platform.sign_in.web_login_roles import AIRFLOW_ROLES


class Decision(Protocol):
    """Tells the authenticator's function by its variables how to decide."""

    @property
    def variables(self) -> Mapping[str, str]:
        """The function's environment variables by which it knows."""

    @property
    def airflow_roles(self) -> Sequence[str]:
        """The roles under which people can enter at all."""

    def grant(self, role: iam.IRole) -> None:
        """Let the function's role read what it decides by."""


@dataclass(frozen=True, kw_only=True)
class TableDecision:
    """People enter under the roles that the table grants them."""

    table: GrantsTable

    @property
    def variables(self) -> Mapping[str, str]:
        """The table's name."""
        return {"GRANTS_TABLE": self.table.table.table_name}

    @property
    def airflow_roles(self) -> Sequence[str]:
        """All that Airflow has by default."""
        return AIRFLOW_ROLES

    def grant(self, role: iam.IRole) -> None:
        """Let the role read the grants of principals that it names."""
        self.table.grant_decisions(role)


@dataclass(frozen=True, kw_only=True)
class FixedRole:
    """Everybody who signed in enters under this one role."""

    airflow_role: str

    @property
    def variables(self) -> Mapping[str, str]:
        """The role's name."""
        return {"FIXED_ROLE": self.airflow_role}

    @property
    def airflow_roles(self) -> Sequence[str]:
        """This one alone."""
        return (self.airflow_role,)

    def grant(self, role: iam.IRole) -> None:
        """There is nothing to read."""
