"""Resolved lineage of one environment, as configurations with these catalogues have it."""

from __future__ import annotations

from typing import Any

from artifacts.lineage import ResolvedLineage
from config.artifacts import resolve_lineage
from config.lineage.settings import LineageSettings

ATLAN = {"Provider": "Atlan", "Url": "https://example.atlan.com"}
MARQUEZ = {"Provider": "Marquez", "Url": "https://marquez.example.com"}


def resolved(
    *catalogues: dict[str, Any],
    version: str = "2.10.3",
    connection: str = "gold",
    ttl_seconds: int = 60,
    is_deployed: bool = True,
) -> ResolvedLineage:
    """The lineage of an environment `reporting` that sends to these catalogues."""
    settings = LineageSettings.model_validate(
        {
            "Catalogues": list(catalogues),
            "Connection": connection,
            "TokenCacheSeconds": ttl_seconds,
        }
    )
    return resolve_lineage(
        settings, environment="reporting", version=version, is_deployed=is_deployed
    )


def openmetadata(version: str, **keys: Any) -> dict[str, Any]:
    """An entry of OpenMetadata; without `Authentication` it is JWT."""
    url = "https://openmetadata.example.com:8585"
    return {"Provider": "OpenMetadata", "Url": url, "Version": version, **keys}
