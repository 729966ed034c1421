"""What the execution role must be allowed for connections and variables that are in AWS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mwaa.permissions.statement import Location, Statement, via


@dataclass(frozen=True, kw_only=True)
class SecretsAccess:
    """Permissions of Airflow's secrets backend.

    `prefixes` of secrets' names, such as "airflow/variables"; `key_arn` of the customer managed key
    that encrypts them, None for AWS's own. They are in Secrets Manager by default.
    """

    prefixes: Sequence[str] = ()
    key_arn: str | None = None
    in_parameter_store: bool = False

    @property
    def service(self) -> str:
        """The service's name in ARNs."""
        return "ssm" if self.in_parameter_store else "secretsmanager"

    @property
    def actions(self) -> Sequence[str]:
        """What Airflow's backend needs of the service."""
        if self.in_parameter_store:
            return ("ssm:GetParameter",)
        return (
            "secretsmanager:GetSecretValue",
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetResourcePolicy",
            "secretsmanager:ListSecretVersionIds",
        )

    def arns(self, location: Location) -> list[str]:
        """ARN patterns of the secrets below each prefix."""
        kind = "parameter/" if self.in_parameter_store else "secret:"
        return [location.arn(self.service, f"{kind}{prefix}/*") for prefix in self.prefixes]

    def statements(self, location: Location) -> list[Statement]:
        """None without prefixes."""
        if not self.prefixes:
            return []
        read = Statement(
            sid="ReadSecrets",
            purpose="read connections and variables",
            actions=self.actions,
            resources=self.arns(location),
        )
        if not self.key_arn:
            return [read]
        decrypt = Statement(
            sid="DecryptSecrets",
            purpose="decrypt connections and variables",
            actions=("kms:Decrypt",),
            resources=(self.key_arn,),
            condition=via(location.host(self.service)),
        )
        return [read, decrypt]
