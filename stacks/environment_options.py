"""Airflow options of an environment, and the permissions of its secrets backend."""

from __future__ import annotations

import json
from collections.abc import Mapping

from config.airflow_options import HOST_NAME
from config.new_environment import NewEnvironment
from mwaa.versions import FIRST_MAJOR_WITH_NEW_PATHS, major_version
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


def _host_name(settings: NewEnvironment) -> Mapping[str, str]:
    """Base URL for Airflow 2, which links to it; Airflow 3 links to the request's host."""
    if settings.ui_host and major_version(settings.airflow_version) < FIRST_MAJOR_WITH_NEW_PATHS:
        return {HOST_NAME: settings.ui_host}
    return {}


def _secrets_backend(settings: NewEnvironment) -> Mapping[str, str]:
    if not settings.secrets_backend:
        return {}
    return {
        "secrets.backend": settings.secrets_backend.backend,
        "secrets.backend_kwargs": json.dumps(settings.secrets_backend.backend_kwargs),
    }
