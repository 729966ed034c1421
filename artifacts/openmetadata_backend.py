"""OpenMetadata's lineage backend for Airflow 2, as the server's version has it.

Sources: `airflow_provider_openmetadata` and `metadata.ingestion.ometa` in openmetadata-ingestion.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from packaging.version import Version

from artifacts.catalogues import OpenMetadataBackend

BACKEND = "airflow_provider_openmetadata.lineage.backend.OpenMetadataLineageBackend"
OLD_BACKEND = "airflow_provider_openmetadata.lineage.openmetadata.OpenMetadataLineageBackend"
PLUGIN_BACKEND = "mwaa_platform_openmetadata.LineageBackend"
"""It gives OpenMetadata's own the token. Airflow captures a backend so early that only an option
can name it."""
FIRST_WITH_PRESENT_MODULE = Version("0.13.1")

SECRET_OPTIONS: Mapping[str, str | None] = MappingProxyType(
    {
        "JWT": "jwt_token",
        "Google": "secret_key",
        "Auth0": "secret_key",
        "Okta": "private_key",
        "Azure": "client_secret",
        "CustomOidc": "secret_key",
        "None": None,
    }
)
"""The option of the backend that takes the token, by the way to authenticate."""

PACKAGE = "openmetadata-ingestion"
EXTRAS: Mapping[str, str] = MappingProxyType({"Azure": "[azure-sso]"})
"""What a way to authenticate needs beside the package."""
FIRST_WITH_CACHETOOLS = Version("1.8")
"""From it on the backend imports cachetools, which its package does not require."""
PARSER = "collate-sqllineage<1.3"
FIRST_WITH_PARSER, FIRST_WITH_LATER_PARSER = Version("1.1"), Version("1.3")
"""Between these the backend imports a module that later releases of the parser call otherwise, and
not every release of its package says so."""


def backend_requirements(catalogue: OpenMetadataBackend) -> tuple[str, ...]:
    """What must be installed for the backend.

    A release of the server has several of its client, and not always one of its own number.
    """
    extra = EXTRAS.get(catalogue.authentication, "")
    package = f"{PACKAGE}{extra}=={catalogue.version}.*"
    version = Version(catalogue.version)
    return (
        package,
        *(("cachetools",) if version >= FIRST_WITH_CACHETOOLS else ()),
        *((PARSER,) if FIRST_WITH_PARSER <= version < FIRST_WITH_LATER_PARSER else ()),
    )


def backend_options(catalogue: OpenMetadataBackend) -> Mapping[str, str]:
    """The Airflow options that the backend needs; all else stands in plugins.zip."""
    return {
        "lineage.backend": PLUGIN_BACKEND,
        "lineage.airflow_service_name": catalogue.service_name,
        "lineage.openmetadata_api_endpoint": _api(catalogue),
    }


def backend_settings(
    catalogue: OpenMetadataBackend, *, token_cache_seconds: int
) -> dict[str, object]:
    """What the plugin's backend must know, without the token."""
    current = Version(catalogue.version) >= FIRST_WITH_PRESENT_MODULE
    field: dict[str, object] = (
        {"token_field": catalogue.token_field} if catalogue.token_field else {}
    )
    return {
        "backend": BACKEND if current else OLD_BACKEND,
        "version": catalogue.version,
        "service_name": catalogue.service_name,
        "url": _api(catalogue),
        "authentication": catalogue.authentication,
        "options": dict(catalogue.options),
        "secret_option": SECRET_OPTIONS[catalogue.authentication],
        "token": catalogue.token,
        "cache_seconds": token_cache_seconds,
        **field,
    }


def _api(catalogue: OpenMetadataBackend) -> str:
    return catalogue.url.rstrip("/") + "/api"
