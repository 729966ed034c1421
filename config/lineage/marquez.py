"""Marquez as a data catalogue."""

from __future__ import annotations

from typing import Literal

from config.lineage.addresses import CLIENTS_ENDPOINT
from config.lineage.catalogue import OptionalTokenCatalogue
from config.section import setting
from config.update_policy import RESTARTS


class Marquez(OptionalTokenCatalogue):
    """Marquez."""

    provider: Literal["Marquez"] = setting("Marquez.", update=RESTARTS)
    authentication: Literal["Token", "None"] = setting(
        "Whether a bearer token is sent.", update=RESTARTS, default="None"
    )

    @property
    def identity(self) -> tuple[str, ...]:
        """The address with its endpoint, which an entry of the provider OpenLineage may name."""
        return (self.location, CLIENTS_ENDPOINT)
