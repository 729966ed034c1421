"""The catalogues that lineage is sent to: what each provider must be told."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag, ValidationInfo, field_validator

from artifacts.catalogues import CLIENTS_ENDPOINT
from config.lineage.addresses import Endpoint
from config.lineage.catalogue import CatalogueWithChoice, HttpCatalogue
from config.lineage.openmetadata import OpenMetadata
from config.nearest import nearest
from config.types import Change, HostUrl, Matches, Section, reject, setting

DISRUPTIVE = Change.DISRUPTIVE
API_KEY = "ApiKey"
API_KEY_HEADER = "X-API-Key"

HeaderName = Annotated[
    str,
    Matches(
        "(?!(?:[Hh]ost|[Cc]ontent-.*|[Cc]onnection|[Tt]ransfer-.*)$)[A-Za-z0-9][A-Za-z0-9_-]{0,63}",
        f"the name of a header that is free for a key, such as {API_KEY_HEADER}",
    ),
]
DomainId = Annotated[
    str,
    Matches(r"dzd[-_][A-Za-z0-9_-]{1,36}", "the id of a domain, which begins with dzd- or dzd_"),
]
REGION = r"[a-z]{2}(?:-[a-z]+)+-\d"
Region = Annotated[str, Matches(REGION, "a Region, such as eu-central-1")]


class Atlan(HttpCatalogue):
    """Atlan. The connection must be there already, under this very name."""

    provider: Literal["Atlan"] = setting("Atlan.", change=DISRUPTIVE)
    url: HostUrl = setting(
        "Address of Atlan's host alone, such as https://example.atlan.com.", change=DISRUPTIVE
    )


class OpenLineage(CatalogueWithChoice):
    """Any endpoint that takes events of OpenLineage."""

    provider: Literal["OpenLineage"] = setting("Any endpoint of OpenLineage.", change=DISRUPTIVE)
    endpoint: Endpoint = setting(
        "Where events go, below `Url`.", change=DISRUPTIVE, default=CLIENTS_ENDPOINT
    )
    authentication: Literal["Token", "ApiKey", "None"] = setting(
        "How the token is sent: as a bearer token (Token), alone in a header (ApiKey), or not at "
        "all (None).",
        change=DISRUPTIVE,
        default="Token",
    )
    api_key_header: HeaderName | None = setting(
        "The header of `Authentication` ApiKey.",
        change=DISRUPTIVE,
        default=None,
        otherwise=f"`{API_KEY_HEADER}`",
    )

    @field_validator("api_key_header")
    @classmethod
    def _header_of_a_key(cls, header: str | None, info: ValidationInfo) -> str | None:
        authentication = info.data.get("authentication", API_KEY)
        if header and authentication != API_KEY:
            reject(
                f"Nothing reads it beside Authentication {authentication}.",
                f"Take it out, or Authentication {API_KEY}.",
            )
        return API_KEY_HEADER if authentication == API_KEY and not header else header


class Marquez(CatalogueWithChoice):
    """Marquez."""

    provider: Literal["Marquez"] = setting("Marquez.", change=DISRUPTIVE)
    authentication: Literal["Token", "None"] = setting(
        "Whether a bearer token is sent.", change=DISRUPTIVE, default="None"
    )


class DataHub(HttpCatalogue):
    """DataHub, by its endpoint for OpenLineage and a personal access token."""

    provider: Literal["DataHub"] = setting("DataHub.", change=DISRUPTIVE)


class DataZone(Section):
    """Amazon DataZone or SageMaker, entered by the environment's own role."""

    provider: Literal["DataZone"] = setting("Amazon DataZone or SageMaker.", change=DISRUPTIVE)
    domain_id: DomainId = setting("Id of the domain.", change=DISRUPTIVE)
    region: Region | None = setting(
        "The domain's Region.", change=DISRUPTIVE, default=None, otherwise="the environment's"
    )


CATALOGUES = (Atlan, OpenLineage, Marquez, DataHub, OpenMetadata, DataZone)
PROVIDERS = {catalogue.__name__: catalogue for catalogue in CATALOGUES}


def _provider(catalogue: Any) -> str | None:
    """The provider that is named, or the one that was probably meant: its keys are checked too."""
    name = catalogue.get("Provider") if isinstance(catalogue, dict) else None
    return nearest(name, PROVIDERS) if isinstance(name, str) else None


Catalogue = Annotated[
    Annotated[Atlan, Tag("Atlan")]
    | Annotated[OpenLineage, Tag("OpenLineage")]
    | Annotated[Marquez, Tag("Marquez")]
    | Annotated[DataHub, Tag("DataHub")]
    | Annotated[OpenMetadata, Tag("OpenMetadata")]
    | Annotated[DataZone, Tag("DataZone")],
    Discriminator(_provider),
]
