"""The secrets backend of an environment, as Airflow on a laptop needs it."""

from __future__ import annotations

import json

from config.secrets_backend import BACKEND, SecretsBackend

LOOKUP_PATTERN = "^(?!aws_default(?!.))"
"""Matches what MWAA's pattern matches, any connection but `aws_default`, without a dollar sign:
Docker Compose would look for a variable behind it."""


def options(backend: SecretsBackend, *, region: str) -> dict[str, str]:
    """The variables that set it, with the developer's own credentials instead of a role."""
    kwargs = {**backend.backend_kwargs, "connections_lookup_pattern": LOOKUP_PATTERN}
    return {
        "AIRFLOW__SECRETS__BACKEND": BACKEND,
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({**kwargs, "region_name": region}),
    }
