"""Settings of an export."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from cli.local_airflow.aws_profile import AwsProfile
from cli.local_airflow.targets import HostSystem
from config.model import AnyEnvironment
from config.secrets_backend import SecretNames

LOOKUP_PATTERN = "^(?!aws_default(?!.))"
"""Matches what MWAA's pattern matches, any connection but `aws_default`, without a dollar sign:
Docker Compose would look for a variable behind it."""


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """The environment, and the laptop that its secrets are for.

    The environment's Airflow version is known. `account` is the account of its deployment.
    `options` are Airflow's options as environment variables.
    """

    environment: AnyEnvironment
    region: str
    account: str
    profile: AwsProfile
    system: HostSystem
    options: Mapping[str, str]

    @property
    def airflow_version(self) -> str:
        """The environment's Airflow version."""
        return str(self.environment.airflow_version)

    @property
    def expected(self) -> Mapping[str, str]:
        """What the check DAG compares with what it reaches, as environment variables."""
        return {"MWAA_PLATFORM_ACCOUNT": self.account}


def backend_options(backend: SecretNames, *, region: str) -> dict[str, str]:
    """Returns the secrets backend as variables, for a developer's credentials and not a role's."""
    kwargs = {**backend.backend_kwargs, "connections_lookup_pattern": LOOKUP_PATTERN}
    return {
        "AIRFLOW__SECRETS__BACKEND": backend.backend,
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({**kwargs, "region_name": region}),
    }
