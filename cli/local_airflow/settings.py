"""Settings of an export."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from cli.local_airflow.aws_profile import AwsProfile
from cli.local_airflow.targets import HostSystem
from config.new_environment import NewEnvironment
from config.secrets_backend import SecretsBackend

LOOKUP_PATTERN = "^(?!aws_default(?!.))"
"""Matches what MWAA's pattern matches, any connection but `aws_default`, without a dollar sign:
Docker Compose would look for a variable behind it."""


@dataclass(frozen=True, kw_only=True)
class ExportSettings:
    """The environment, and the laptop that its secrets are for.

    `options` are Airflow's options as environment variables.
    """

    environment: NewEnvironment
    region: str
    profile: AwsProfile
    system: HostSystem
    options: Mapping[str, str]


def backend_options(backend: SecretsBackend, *, region: str) -> dict[str, str]:
    """Returns the secrets backend as variables, for a developer's credentials and not a role's."""
    kwargs = {**backend.backend_kwargs, "connections_lookup_pattern": LOOKUP_PATTERN}
    return {
        "AIRFLOW__SECRETS__BACKEND": backend.backend,
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({**kwargs, "region_name": region}),
    }
