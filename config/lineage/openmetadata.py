"""OpenMetadata as a data catalogue, by its lineage backend or its OpenLineage endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple

from packaging.version import Version
from pydantic import ValidationInfo, field_validator
from pydantic.alias_generators import to_pascal

from artifacts.lineage import ResolvedCatalogue
from config.lineage.addresses import EXPANDED_BY_AIRFLOW, ServerUrl
from config.lineage.catalogue import (
    NO_AUTHENTICATION,
    Delivery,
    Incompatibility,
    OptionalTokenCatalogue,
)
from config.lineage.openmetadata_backend import (
    BACKEND,
    JWT,
    PLUGIN_BACKEND,
    SECRET_OPTIONS,
    backend_requirements,
)
from config.lineage.openmetadata_compatibility import (
    EVENTS_ENDPOINT,
    backend_incompatibilities,
    endpoint_incompatibilities,
    has_backend,
)
from config.section import Matches, reject, setting
from config.types import HostName, HttpsUrl, Text
from config.update_policy import FREE, RESTARTS, UpdatePolicy

FIRST_WITH_BACKEND = Version("1.0")
"""Older ones read inlets by a name that tasks have not, and log the token at the level DEBUG."""
FIRST_WITH_JWT_ALONE = Version("1.2")
BACKEND_OPTIONS = (
    "audience",
    "authority",
    "client_id",
    "domain",
    "email",
    "org_url",
    "token_endpoint",
)
"""Fields that are options of the backend under the same name."""

ServiceName = Annotated[
    str,
    Matches(
        rf"(?!{EXPANDED_BY_AIRFLOW})[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?",
        "printable ASCII on one line, without $ and without ~ at its beginning: it is an option of "
        "MWAA's",
    ),
]
ServerVersion = Annotated[
    str,
    Matches(r"\d{1,3}\.\d{1,3}\.\d{1,3}", "a version of three numbers, such as 1.12.4"),
]


class Keys(NamedTuple):
    """The keys of an authentication, in addition to its secret."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


KEYS: Mapping[str, Keys] = MappingProxyType(
    {
        JWT: Keys(),
        NO_AUTHENTICATION: Keys(),
        "Google": Keys(optional=("Audience",)),
        "Auth0": Keys(("ClientId", "Domain")),
        "Okta": Keys(("ClientId", "OrgUrl", "Email"), optional=("Scopes",)),
        "Azure": Keys(("ClientId", "Authority", "Scopes")),
        "CustomOidc": Keys(("ClientId", "TokenEndpoint")),
    }
)


def _key(key: str, meaning: str, default: Any = None) -> Any:
    needing = [name for name, keys in KEYS.items() if key in keys.required]
    otherwise = f"**required** for {', '.join(needing)}" if needing else None
    return setting(meaning, update=FREE, default=default, otherwise=otherwise)


class OpenMetadata(OptionalTokenCatalogue):
    """OpenMetadata. The token is the one secret of the way in: a bot's JWT, a key, a password."""

    provider: Literal["OpenMetadata"] = setting("OpenMetadata.", update=RESTARTS)
    url: ServerUrl = setting(
        "Address of the server, without a path, such as https://openmetadata.example.com:8585.",
        update=UpdatePolicy.TAKES_ANOTHER_TOKEN,
    )
    version: ServerVersion = setting(
        "The server's version. It decides which package is installed, and which authentication is "
        "possible.",
        update=RESTARTS,
    )
    service_name: ServiceName | None = setting(
        "Name of the environment's pipeline service, on Airflow 2.",
        update=RESTARTS,
        default=None,
        otherwise="the environment's `Name`",
    )
    authentication: Literal["JWT", "None", "Google", "Auth0", "Okta", "Azure", "CustomOidc"] = (
        setting(
            f"How to authenticate; from {FIRST_WITH_JWT_ALONE}, JWT only.",
            update=FREE,
            default=JWT,
        )
    )
    audience: Text | None = _key("Audience", "The audience for Google.")
    client_id: Text | None = _key(
        "ClientId", "Id of the client at Auth0, Okta, Azure or your own provider."
    )
    domain: HostName | None = _key("Domain", "The domain at Auth0.")
    org_url: HttpsUrl | None = _key("OrgUrl", "Address of the organisation at Okta.")
    email: Text | None = _key("Email", "The service account's address at Okta.")
    scopes: tuple[Text, ...] = _key("Scopes", "Scopes, at Okta or Azure.", ())
    authority: HttpsUrl | None = _key("Authority", "The authority at Azure.")
    token_endpoint: HttpsUrl | None = _key(
        "TokenEndpoint", "Where your own provider (CustomOidc) gives tokens."
    )

    @property
    def events_endpoint(self) -> str:
        """The server's endpoint for OpenLineage events."""
        return EVENTS_ENDPOINT

    def uses_backend(self, version: Version) -> bool:
        """Whether Airflow's lineage backend sends to it, not the OpenLineage client."""
        return has_backend(self.version, version)

    def incompatibilities(self, version: Version) -> Iterator[Incompatibility]:
        """Reasons why this Airflow version cannot send to it."""
        if self.uses_backend(version):
            yield from backend_incompatibilities(self.version, version)
        else:
            yield from endpoint_incompatibilities(self.version, self.service_name, version)

    def resolve(self, catalogue_id: str, delivery: Delivery) -> ResolvedCatalogue:
        """The server as one environment sends to it, by the backend where there is one."""
        resolved = super().resolve(catalogue_id, delivery)
        if not self.uses_backend(Version(delivery.version.version)):
            return resolved
        service_name = self.service_name or delivery.environment
        api = self.base_url + "api"
        return replace(
            resolved,
            address=self.url,
            settings={
                "backend": BACKEND,
                "version": self.version,
                "service_name": service_name,
                "url": api,
                "authentication": self.authentication,
                "options": self._backend_options(),
                "secret_option": SECRET_OPTIONS[self.authentication],
                "token": self.needs_token,
                "cache_seconds": delivery.token_ttl_seconds,
                **({"token_field": self.token_field} if self.token_field else {}),
            },
            transport=None,
            options={
                "lineage.backend": PLUGIN_BACKEND,
                "lineage.airflow_service_name": service_name,
                "lineage.openmetadata_api_endpoint": api,
            },
            requirements=backend_requirements(self.version, self.authentication),
        )

    def _backend_options(self) -> dict[str, str]:
        """The options of the authentication, without the secret."""
        given = {name: getattr(self, name) for name in BACKEND_OPTIONS}
        scopes = {"scopes": json.dumps(self.scopes)} if self.scopes else {}
        return {name: value for name, value in given.items() if value} | scopes

    @field_validator("version")
    @classmethod
    def _check_version(cls, version: str) -> str:
        if Version(version) < FIRST_WITH_BACKEND:
            reject(
                f"The lineage backend of OpenMetadata before {FIRST_WITH_BACKEND} fails on every "
                "Airflow that lineage is for.",
                "Upgrade the server.",
            )
        return version

    @field_validator("authentication")
    @classmethod
    def _check_authentication_of_version(cls, authentication: str, info: ValidationInfo) -> str:
        version = info.data.get("version")
        if version and Version(version) >= FIRST_WITH_JWT_ALONE and authentication != JWT:
            reject(
                f"OpenMetadata {version} has dropped it: since {FIRST_WITH_JWT_ALONE} lineage "
                f"enters by {JWT} alone.",
                f"Take {JWT}, with the token of a bot.",
            )
        return authentication

    @field_validator(
        "audience",
        "client_id",
        "domain",
        "org_url",
        "email",
        "scopes",
        "authority",
        "token_endpoint",
    )
    @classmethod
    def _check_authentication_key(cls, value: Any, info: ValidationInfo) -> Any:
        authentication = info.data.get("authentication")
        if authentication is None:
            return value
        key, keys = to_pascal(str(info.field_name)), KEYS[authentication]
        if value and key not in (*keys.required, *keys.optional):
            reject(f"Nothing reads it beside Authentication {authentication}.", "Take it out.")
        if not value and key in keys.required:
            reject(f"Missing: Authentication {authentication} needs it.", missing=True)
        return value
