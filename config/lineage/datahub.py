"""DataHub as a data catalogue."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from config.lineage.addresses import refuse_doubled_path
from config.lineage.catalogue import HttpCatalogue
from config.section import setting
from config.update_policy import RESTARTS

EVENTS_ENDPOINT = "openapi/openlineage/api/v1/lineage"


class DataHub(HttpCatalogue):
    """DataHub, by its endpoint for OpenLineage and a personal access token."""

    provider: Literal["DataHub"] = setting("DataHub.", update=RESTARTS)

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return refuse_doubled_path(url, EVENTS_ENDPOINT)

    @property
    def events_endpoint(self) -> str:
        """The endpoint of DataHub's metadata service."""
        return EVENTS_ENDPOINT
