"""The catalogues as the plugin's settings file names them, and how each is entered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from typing import Any
from urllib.parse import urljoin

BACKEND_TOKEN = "jwt_token"  # noqa: S105 - the name of an option
ENVIRONMENT = "-e <environment>"
"""What a command is told of the environment, whose name Airflow does not know."""
KEYS_IN_JSON = {"Google", "Okta"}
"""The ways into OpenMetadata whose key may itself be JSON."""


@dataclass(frozen=True)
class Target:
    """A catalogue. `url` ends in a slash and `endpoint` is joined to it.

    `auth` is what its transport is given to enter by: the field of the secret, the header.
    `secret_option` is what OpenMetadata's backend calls the secret, `version` the server's that it
    is made for.
    """

    id: str
    provider: str
    url: str = ""
    endpoint: str = ""
    token: bool = False
    auth: Mapping[str, Any] = made_by(default_factory=dict)
    is_backend: bool = False
    authentication: str | None = None
    secret_option: str | None = None
    version: str | None = None
    domain_id: str | None = None
    region: str | None = None

    @property
    def events_url(self) -> str:
        """Where events go, as the client joins it."""
        return urljoin(self.url, self.endpoint)

    @property
    def header(self) -> str | None:
        """The header that takes the plain token; None for a bearer's."""
        return self.auth.get("header")

    @property
    def field(self) -> str | None:
        """The field of a JSON secret that holds the token."""
        return self.auth.get("field")

    @property
    def set_token(self) -> str:
        """The command that puts its token in."""
        return f"./mwaa-platform lineage token set {ENVIRONMENT} --catalogue {self.id}"

    @property
    def is_whole(self) -> bool:
        """Whether the secret's text is taken as it is, even if it is JSON."""
        return self.is_backend and not self.field and self.authentication in KEYS_IN_JSON

    @property
    def enters_by_header(self) -> bool:
        """Whether the secret itself is what a request shows, not a key to get it by."""
        return not self.is_backend or self.secret_option == BACKEND_TOKEN

    def headers(self, token: str | None) -> dict[str, str]:
        """What a request shows to be let in."""
        if token is None:
            return {}
        return {self.header: token} if self.header else {"Authorization": f"Bearer {token}"}


def targets(settings: Mapping[str, Any]) -> list[Target]:
    """The catalogues of a settings file, in its order."""
    return [_target(entry, settings) for entry in settings["catalogues"]]


def transports(transport: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """A transport, or those that a composite one sends to."""
    if not transport:
        return
    inner = transport.get("transports")
    if inner is None:
        yield transport
        return
    for each in inner.values() if isinstance(inner, Mapping) else inner:
        yield from transports(each)


def _target(entry: Mapping[str, Any], settings: Mapping[str, Any]) -> Target:
    identifier = str(entry["id"])
    url = str(entry.get("url", ""))
    is_backend = "backend" in entry
    secret_option = entry.get("secret_option")
    auth: Mapping[str, Any] = {"field": entry.get("token_field")}
    for transport in transports(settings.get("transport")):
        found = transport.get("auth", {})
        if found.get("secret") == identifier:
            auth = found
    return Target(
        id=identifier,
        provider=str(entry["provider"]),
        # A backend's address ends in /api, to which it joins by itself.
        url=url if url.endswith("/") or not is_backend else f"{url}/",
        endpoint=str(entry.get("endpoint", "")),
        token=bool(entry.get("token", secret_option)),
        auth=auth,
        is_backend=is_backend,
        authentication=entry.get("authentication"),
        secret_option=secret_option,
        version=entry.get("version"),
        domain_id=entry.get("domain_id"),
        region=entry.get("region"),
    )
