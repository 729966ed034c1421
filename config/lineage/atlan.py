"""Atlan as a data catalogue."""

from __future__ import annotations

from typing import Literal

from config.lineage.catalogue import HttpCatalogue
from config.section import setting
from config.types import HostUrl
from config.update_policy import RESTARTS, UpdatePolicy

OPENLINEAGE_PATH = "events/openlineage/airflow-mwaa/"


class Atlan(HttpCatalogue):
    """Atlan. The connection must be there already, under this very name."""

    provider: Literal["Atlan"] = setting("Atlan.", update=RESTARTS)
    url: HostUrl = setting(
        "Address of Atlan's host, without a path, such as https://example.atlan.com.",
        update=UpdatePolicy.TAKES_ANOTHER_TOKEN,
    )

    @property
    def base_url(self) -> str:
        """Atlan's address for OpenLineage events of MWAA."""
        return super().base_url + OPENLINEAGE_PATH
