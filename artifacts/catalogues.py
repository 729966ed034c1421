"""The catalogues of an environment: the places that its lineage is sent to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

CLIENTS_ENDPOINT = "api/v1/lineage"
"""What the OpenLineage client joins to an address that names no endpoint of its own."""

NO_AUTHENTICATION = "None"
JWT = "JWT"

TOKEN_OUTPUT = "LineageTokenSecretArn"  # noqa: S105 - an output's name
ADDRESS_OUTPUT = "LineageAddress"

_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class HttpCatalogue:
    """A catalogue that takes OpenLineage events over HTTP.

    `id` is unique in the environment and names the option of its secret. `url` ends in a slash,
    for `endpoint` is joined to it as a browser joins a link. With a `token` it is entered by one:
    as a bearer's, or alone in the header `api_key_header`. `token_field` is the field of a JSON
    secret that holds it.
    """

    id: str
    provider: str
    url: str
    endpoint: str = CLIENTS_ENDPOINT
    token: bool = True
    token_field: str | None = None
    api_key_header: str | None = None

    def __post_init__(self) -> None:
        _check_id(self.id)
        if not self.url.endswith("/"):
            raise ValueError(f"{self.url} must end in a slash: its last part would be lost.")

    @property
    def address(self) -> str:
        """Where its events and its token go."""
        return self.url + self.endpoint


@dataclass(frozen=True, kw_only=True)
class DataZoneCatalogue:
    """A domain of Amazon DataZone or SageMaker, entered by the environment's role."""

    id: str
    domain_id: str
    region: str | None = None
    provider: str = "DataZone"
    token: bool = False

    def __post_init__(self) -> None:
        _check_id(self.id)

    @property
    def address(self) -> str:
        """Where its events go."""
        return self.domain_id


@dataclass(frozen=True, kw_only=True)
class OpenMetadataBackend:
    """OpenMetadata by its lineage backend, on Airflow 2 alone.

    `url` is the server's, `version` too; `authentication` one of JWT, None, Google, Auth0, Okta,
    Azure and CustomOidc, `options` what is not secret of it, by the backend's names for them.
    """

    id: str
    url: str
    version: str
    service_name: str
    authentication: str = JWT
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    token_field: str | None = None
    provider: str = "OpenMetadata"

    def __post_init__(self) -> None:
        _check_id(self.id)

    @property
    def address(self) -> str:
        """Where its token goes."""
        return self.url

    @property
    def token(self) -> bool:
        """Whether it is entered by a token."""
        return self.authentication != NO_AUTHENTICATION


Catalogue = HttpCatalogue | DataZoneCatalogue | OpenMetadataBackend


@dataclass(frozen=True, kw_only=True)
class TokenOutputs:
    """The names of a stack's outputs on one token: its secret, and the address it is sent to."""

    secret_arn: str
    address: str


def token_outputs(catalogues: Iterable[Catalogue]) -> Mapping[str, TokenOutputs]:
    """The outputs on each token, by the catalogue's id.

    They end in the id, in Pascal case, where an environment has several tokens.
    """
    ids = [each.id for each in catalogues if each.token]
    suffixes = {id_: "".join(part.capitalize() for part in id_.split("_")) for id_ in ids}
    if len(ids) == 1:
        suffixes = {ids[0]: ""}
    return {
        id_: TokenOutputs(secret_arn=TOKEN_OUTPUT + suffix, address=ADDRESS_OUTPUT + suffix)
        for id_, suffix in suffixes.items()
    }


def _check_id(catalogue: str) -> None:
    if not _ID.fullmatch(catalogue):
        raise ValueError(f"{catalogue!r} cannot be part of an option's name.")
