"""The providers of data catalogues."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from config.lineage.atlan import Atlan
from config.lineage.datahub import DataHub
from config.lineage.datazone import DataZone
from config.lineage.marquez import Marquez
from config.lineage.openlineage import OpenLineage
from config.lineage.openmetadata import OpenMetadata
from config.nearest import nearest

PROVIDERS = {
    provider.__name__: provider
    for provider in (Atlan, OpenLineage, Marquez, DataHub, OpenMetadata, DataZone)
}


def _provider(catalogue: Any) -> str | None:
    """The named provider, or the most similar name, so that the keys are validated too."""
    name = catalogue.get("Provider") if isinstance(catalogue, dict) else None
    return nearest(name, PROVIDERS) if isinstance(name, str) else None


AnyCatalogue = Annotated[
    Annotated[Atlan, Tag("Atlan")]
    | Annotated[OpenLineage, Tag("OpenLineage")]
    | Annotated[Marquez, Tag("Marquez")]
    | Annotated[DataHub, Tag("DataHub")]
    | Annotated[OpenMetadata, Tag("OpenMetadata")]
    | Annotated[DataZone, Tag("DataZone")],
    Discriminator(_provider),
]
