"""Any OpenLineage endpoint as a data catalogue."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ValidationInfo, field_validator

from config.lineage.addresses import CLIENTS_ENDPOINT, Endpoint
from config.lineage.catalogue import OptionalTokenCatalogue
from config.section import Matches, reject, setting
from config.update_policy import RESTARTS, UpdatePolicy

API_KEY = "ApiKey"
API_KEY_HEADER = "X-API-Key"

HeaderName = Annotated[
    str,
    Matches(
        "(?!(?:[Hh]ost|[Cc]ontent-.*|[Cc]onnection|[Tt]ransfer-.*)$)[A-Za-z0-9][A-Za-z0-9_-]{0,63}",
        f"the name of a header that is free for a key, such as {API_KEY_HEADER}",
    ),
]


class OpenLineage(OptionalTokenCatalogue):
    """Any endpoint that takes events of OpenLineage."""

    provider: Literal["OpenLineage"] = setting("Any endpoint of OpenLineage.", update=RESTARTS)
    endpoint: Endpoint = setting(
        "Where events go, below `Url`.",
        update=UpdatePolicy.TAKES_ANOTHER_TOKEN,
        default=CLIENTS_ENDPOINT,
    )
    authentication: Literal["Token", "ApiKey", "None"] = setting(
        "How the token is sent: as a bearer token (Token), alone in a header (ApiKey), or not at "
        "all (None).",
        update=RESTARTS,
        default="Token",
    )
    api_key_header: HeaderName | None = setting(
        "The header of `Authentication` ApiKey.",
        update=RESTARTS,
        default=None,
        otherwise=f"`{API_KEY_HEADER}`",
    )

    @property
    def events_endpoint(self) -> str:
        """The endpoint that the entry names."""
        return self.endpoint

    @property
    def token_header(self) -> str | None:
        """The header of an API key."""
        return self.api_key_header

    @field_validator("api_key_header")
    @classmethod
    def _check_api_key_header(cls, header: str | None, info: ValidationInfo) -> str | None:
        authentication = info.data.get("authentication", API_KEY)
        if header and authentication != API_KEY:
            reject(
                f"Nothing reads it beside Authentication {authentication}.",
                f"Take it out, or Authentication {API_KEY}.",
            )
        return API_KEY_HEADER if authentication == API_KEY and not header else header
