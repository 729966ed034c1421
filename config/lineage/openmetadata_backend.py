"""OpenMetadata's lineage backend for Airflow 2, in the versions of its server.

Sources: `airflow_provider_openmetadata` and `metadata.ingestion.ometa` in openmetadata-ingestion.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from packaging.version import Version

from artifacts.openmetadata_constraints import PACKAGE

JWT = "JWT"

BACKEND = "airflow_provider_openmetadata.lineage.backend.OpenMetadataLineageBackend"
PLUGIN_BACKEND = "mwaa_platform_openmetadata.LineageBackend"
"""Gives the token to OpenMetadata's own backend. Airflow captures a backend so early that only an
option can name it."""

SECRET_OPTIONS: Mapping[str, str | None] = MappingProxyType(
    {
        JWT: "jwt_token",
        "Google": "secret_key",
        "Auth0": "secret_key",
        "Okta": "private_key",
        "Azure": "client_secret",
        "CustomOidc": "secret_key",
        "None": None,
    }
)
"""The backend's option for the token, by authentication."""

EXTRAS: Mapping[str, str] = MappingProxyType({"Azure": "[azure-sso]"})
"""Extras of the package that an authentication needs."""
FIRST_WITH_CACHETOOLS = Version("1.8")
"""The first release whose backend imports cachetools, which its package does not require."""
PARSER = "collate-sqllineage<1.3"
FIRST_WITH_PARSER, FIRST_WITH_LATER_PARSER = Version("1.1"), Version("1.3")
"""Between these the backend imports a module that later releases of the parser have renamed; not
every release of its package declares that."""


def backend_requirements(server: str, authentication: str) -> tuple[str, ...]:
    """The lines of requirements.txt for the backend.

    A release of the server has several of its client, and not always one of its own number.
    """
    package = f"{PACKAGE}{EXTRAS.get(authentication, '')}=={server}.*"
    version = Version(server)
    return (
        package,
        *(("cachetools",) if version >= FIRST_WITH_CACHETOOLS else ()),
        *((PARSER,) if FIRST_WITH_PARSER <= version < FIRST_WITH_LATER_PARSER else ()),
    )
