"""Secrets Manager as the source of an environment's connections and variables."""

from __future__ import annotations

from typing import Annotated

from config.section import Matches, Section, setting
from config.types import KeyArn
from config.update_policy import FREE, RESTARTS

SECRETS_BACKEND = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
LOOKUP_PATTERN = "^(?!aws_default$).*$"
"""MWAA's own value, which our settings replace. Without it Airflow would look up the connection of
each call to AWS."""

Prefix = Annotated[
    str,
    Matches(
        r"(?!/)[A-Za-z0-9_/+=.@-]{1,200}(?<!/)",
        "the beginning of names in Secrets Manager, without a slash at either end and without *",
    ),
]


class SecretsBackend(Section):
    """Connections and variables as secrets, each named by a prefix, a slash and its own id."""

    connections_prefix: Prefix = setting(
        "Prefix of connections.", update=RESTARTS, default="airflow/connections"
    )
    variables_prefix: Prefix = setting(
        "Prefix of variables.", update=RESTARTS, default="airflow/variables"
    )
    config_prefix: Prefix | None = setting(
        "Prefix of configuration values, for options whose names end in _secret.",
        update=RESTARTS,
        default=None,
        otherwise="configuration values are not looked up",
    )
    kms_key_arn: KeyArn | None = setting(
        "ARN of the KMS key of these secrets. Its policy must allow the environment's role to "
        "decrypt.",
        update=FREE,
        default=None,
        otherwise="the AWS managed key `aws/secretsmanager`",
    )

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Prefixes of the secrets that the environment reads."""
        prefixes = (self.connections_prefix, self.variables_prefix, self.config_prefix)
        return tuple(prefix for prefix in prefixes if prefix)

    @property
    def backend_kwargs(self) -> dict[str, str | None]:
        """Value of the option `secrets.backend_kwargs`."""
        return {
            "connections_prefix": self.connections_prefix,
            "connections_lookup_pattern": LOOKUP_PATTERN,
            "variables_prefix": self.variables_prefix,
            # None turns it off; without the key the backend uses a default prefix.
            "config_prefix": self.config_prefix,
        }
