"""Secrets Manager or Parameter Store as the source of an environment's connections and variables.

https://docs.aws.amazon.com/mwaa/latest/userguide/connections-secrets-manager.html
https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/secrets-backends/aws-ssm-parameter-store.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import ValidationInfo, field_validator

from config.section import Matches, Section, reject, setting
from config.types import KeyArn
from config.update_policy import FREE, UpdatePolicy

SECRETS_MANAGER, PARAMETER_STORE = "SecretsManager", "ParameterStore"
_PACKAGE = "airflow.providers.amazon.aws.secrets"
BACKENDS: Mapping[str, str] = MappingProxyType(
    {
        SECRETS_MANAGER: f"{_PACKAGE}.secrets_manager.SecretsManagerBackend",
        PARAMETER_STORE: f"{_PACKAGE}.systems_manager.SystemsManagerParameterStoreBackend",
    }
)
"""Airflow's class for each service."""
PARAMETER_NAME = r"(?!aws|ssm)[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*"
"""Names that Parameter Store takes, behind their first slash.
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
"""
LOOKUP_PATTERN = "^(?!aws_default$).*$"
"""MWAA's own value, which our settings replace. Without it Airflow would look up the connection of
each call to AWS."""

Prefix = Annotated[
    str,
    Matches(
        r"(?!/)[A-Za-z0-9_/+=.@-]{1,200}(?<!/)",
        "the beginning of names of secrets, without a slash at either end and without *",
    ),
]


def _service(update: UpdatePolicy) -> Any:
    return setting(
        "Where they are: secrets in Secrets Manager, or parameters in Parameter Store.",
        update=update,
        default=SECRETS_MANAGER,
    )


def _connections_prefix(update: UpdatePolicy) -> Any:
    return setting("Prefix of connections.", update=update, default="airflow/connections")


def _variables_prefix(update: UpdatePolicy) -> Any:
    return setting("Prefix of variables.", update=update, default="airflow/variables")


def _config_prefix(update: UpdatePolicy) -> Any:
    return setting(
        "Prefix of configuration values, for options whose names end in _secret.",
        update=update,
        default=None,
        otherwise="configuration values are not looked up",
    )


class SecretNames(Section):
    """Names of connections and variables as secrets: a prefix, a slash and their own id.

    Parameters have a slash before the prefix as well.
    """

    service: Literal["SecretsManager", "ParameterStore"] = _service(FREE)
    connections_prefix: Prefix = _connections_prefix(FREE)
    variables_prefix: Prefix = _variables_prefix(FREE)
    config_prefix: Prefix | None = _config_prefix(FREE)
    kms_key_arn: KeyArn | None = setting(
        "ARN of the KMS key of these secrets. Its policy must allow the environment's role to "
        "decrypt.",
        update=FREE,
        default=None,
        otherwise="the AWS managed key of the service",
    )

    @field_validator("connections_prefix", "variables_prefix", "config_prefix")
    @classmethod
    def _check_name(cls, prefix: str | None, info: ValidationInfo) -> str | None:
        in_store = info.data.get("service") == PARAMETER_STORE
        if prefix and in_store and not re.fullmatch(PARAMETER_NAME, prefix):
            reject(
                "Names in Parameter Store have letters, digits and . - _ between slashes, and do "
                "not begin with aws or ssm."
            )
        return prefix

    @property
    def backend(self) -> str:
        """Value of the option `secrets.backend`."""
        return BACKENDS[self.service]

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Prefixes of the secrets that the environment reads."""
        prefixes = (self.connections_prefix, self.variables_prefix, self.config_prefix)
        return tuple(prefix for prefix in prefixes if prefix)

    @property
    def backend_kwargs(self) -> dict[str, str | None]:
        """Value of the option `secrets.backend_kwargs`."""
        slash = "/" if self.service == PARAMETER_STORE else ""
        return {
            "connections_prefix": f"{slash}{self.connections_prefix}",
            "connections_lookup_pattern": LOOKUP_PATTERN,
            "variables_prefix": f"{slash}{self.variables_prefix}",
            # None turns it off; without the key the backend uses a default prefix.
            "config_prefix": self.config_prefix and f"{slash}{self.config_prefix}",
        }


class SecretsBackend(SecretNames):
    """Connections and variables as secrets, which a new environment reads."""

    service: Literal["SecretsManager", "ParameterStore"] = _service(UpdatePolicy.MOVES_SECRETS)
    connections_prefix: Prefix = _connections_prefix(UpdatePolicy.MOVES_SECRETS)
    variables_prefix: Prefix = _variables_prefix(UpdatePolicy.MOVES_SECRETS)
    config_prefix: Prefix | None = _config_prefix(UpdatePolicy.MOVES_SECRETS)
