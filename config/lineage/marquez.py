"""Marquez as a data catalogue."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from config.lineage.addresses import CLIENTS_ENDPOINT, refuse_doubled_path
from config.lineage.catalogue import OptionalTokenCatalogue
from config.section import setting
from config.update_policy import RESTARTS


class Marquez(OptionalTokenCatalogue):
    """Marquez."""

    provider: Literal["Marquez"] = setting("Marquez.", update=RESTARTS)
    authentication: Literal["Token", "None"] = setting(
        "Whether a bearer token is sent.", update=RESTARTS, default="None"
    )

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        return refuse_doubled_path(url, CLIENTS_ENDPOINT)
