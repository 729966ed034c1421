"""Lineage in an environment's stack: secrets of tokens, options, permissions and outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk

from artifacts.lineage import ResolvedLineage
from mwaa_platform.environment.token_secret import LineageTokenSecret

TOKEN_OPTION = "mwaa_platform.lineage_secret_"  # noqa: S105 - how an option's name begins


@dataclass(frozen=True, kw_only=True)
class EnvironmentLineage:
    """Resolved lineage with the ARN of each token's secret, by catalogue id.

    `secrets_made` are those of this stack.
    """

    resolved: ResolvedLineage
    token_secret_arns: Mapping[str, str]
    secrets_made: Sequence[LineageTokenSecret] = ()

    @classmethod
    def create(
        cls, scope: cdk.Stack, resolved: ResolvedLineage | None, *, environment_name: str
    ) -> EnvironmentLineage | None:
        """Creates a secret for each token without one; None where no lineage is sent."""
        if not resolved:
            return None
        tokens = [each for each in resolved.catalogues if each.token]
        made = {
            each.id: LineageTokenSecret(
                scope,
                # Another address has another secret: no catalogue is sent another's token.
                f"LineageToken{each.token_key}",
                environment_name=environment_name,
                catalogue=each.provider,
            )
            for each in tokens
            if not each.token_secret_arn
        }
        return cls(
            resolved=resolved,
            token_secret_arns={
                each.id: each.token_secret_arn or made[each.id].ref for each in tokens
            },
            secrets_made=tuple(made.values()),
        )

    @property
    def options(self) -> Mapping[str, str]:
        """The Airflow options that lineage needs in addition to plugins.zip."""
        secrets = {TOKEN_OPTION + id_: arn for id_, arn in self.token_secret_arns.items()}
        return {**secrets, **self.resolved.options}

    def output(self, stack: cdk.Stack) -> None:
        """Outputs each token's secret and the address that the token is sent to.

        A command must not pair a deployed secret with an address that is not deployed yet.
        """
        addresses = {each.id: each.address for each in self.resolved.catalogues}
        for id_, names in self.resolved.token_outputs.items():
            cdk.CfnOutput(stack, names.secret_arn, value=self.token_secret_arns[id_])
            cdk.CfnOutput(stack, names.address, value=addresses[id_])
