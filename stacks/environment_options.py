"""Airflow options of an environment, and the permissions of its secrets backend."""

from __future__ import annotations

import json
from collections.abc import Mapping

from config.airflow_options import HOST_NAME
from config.new_environment import NewEnvironment
from config.secrets_backend import SECRETS_BACKEND
from mwaa.versions import FIRST_MAJOR_WITH_NEW_PATHS, major_version
from mwaa_platform.environment.execution_role import SecretsAccess
from stacks.environment_lineage import EnvironmentLineage


def airflow_options(
    settings: NewEnvironment, lineage: EnvironmentLineage | None
) -> Mapping[str, str]:
    """Options of the configuration, merged with those of the platform.

    The configuration overrides the host name; the secrets backend and lineage override it.
    """
    return {
        **_host_name(settings),
        **settings.configuration_options,
        **_secrets_backend(settings),
        **(lineage.options if lineage else {}),
    }


def secrets_access(settings: NewEnvironment) -> SecretsAccess | None:
    """Permissions of the secrets backend; None without one."""
    backend = settings.secrets_backend
    if not backend:
        return None
    return SecretsAccess(prefixes=backend.prefixes, key_arn=backend.kms_key_arn)


def _host_name(settings: NewEnvironment) -> Mapping[str, str]:
    """Base URL for Airflow 2, which links to it; Airflow 3 links to the request's host."""
    if settings.ui_host and major_version(settings.airflow_version) < FIRST_MAJOR_WITH_NEW_PATHS:
        return {HOST_NAME: settings.ui_host}
    return {}


def _secrets_backend(settings: NewEnvironment) -> Mapping[str, str]:
    if not settings.secrets_backend:
        return {}
    return {
        "secrets.backend": SECRETS_BACKEND,
        "secrets.backend_kwargs": json.dumps(settings.secrets_backend.backend_kwargs),
    }
