"""Base of the data catalogues: what all providers have in common.

Each provider is one class in a module of this package, and alone knows its keys, address, endpoint,
headers, secret and the Airflow versions that can send to it.

Most are sent to by the OpenLineage client over HTTP. A client silently drops keys that it does not
know, so each key of a transport is given to clients that read it. Sources:
`openlineage.client.transport` in openlineage-python 0.20.4 to 1.52.0.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, NamedTuple

from packaging.version import Version
from pydantic import ValidationInfo, field_validator

from artifacts.lineage import Json, ResolvedCatalogue
from config.lineage.addresses import (
    CLIENTS_ENDPOINT,
    BaseUrl,
    is_private,
    is_unencrypted,
    normalized_url,
)
from config.section import Matches, Section, reject, setting
from config.types import WholeSecretArn
from config.update_policy import RESTARTS, UpdatePolicy
from mwaa.versions import OLDEST_WITH_PROVIDER, AirflowVersion

NO_AUTHENTICATION = "None"

SEND_SECONDS = 8.0
"""Time for all catalogues together. Airflow ends the sending of a task's event after 10 s, while
the task waits: the rest is for making the event and for reading a token now and then. The client
applies its timeout to each wait for a byte. Our own transports bound the whole, with all that
Airflow sends by before 2.11; with the client's own a response that drips in ends with Airflow's
limit, which Airflow has since 2.10."""

ONE_RETRY: Mapping[str, object] = MappingProxyType(
    # The client's own five retries would outlast those 10 s, and so would a pause that the
    # catalogue asks for.
    {
        "total": 1,
        "connect": 0,
        "read": 0,
        "backoff_factor": 0.3,
        "respect_retry_after_header": False,
    }
)
NO_RETRY: Mapping[str, object] = MappingProxyType(
    {"total": 0, "connect": 0, "read": 0, "respect_retry_after_header": False}
)

FIRST_WITH_FILTERS = (2, 11)
"""The first Airflow whose client (1.33) reads filters next to a transport, for every event."""

TOKEN_PROVIDER = "mwaa_platform_token.SecretsManagerTokenProvider"  # noqa: S105 - a class
QUIET_TRANSPORT = "mwaa_platform_transport.QuietTransport"
TOKEN_TRANSPORT = "mwaa_platform_transport.TokenTransport"  # noqa: S105 - a class

TokenField = Annotated[
    str,
    # Short: it is shipped in plugins.zip, and people paste tokens where they read "token".
    Matches(
        r"[A-Za-z_][A-Za-z0-9_.-]{0,31}",
        "the name of a field, such as token; the token itself belongs in the secret",
    ),
]


class Incompatibility(NamedTuple):
    """Why an Airflow version cannot send to a catalogue, at one of its keys or as a whole."""

    key: str | None
    message: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Circumstances under which an environment sends to one of its catalogues.

    `destinations` is the number of catalogues that events are sent to, `environment` the name of
    the environment.
    """

    environment: str
    version: AirflowVersion
    token_ttl_seconds: int
    destinations: int

    @property
    def alone(self) -> bool:
        """Whether there is no other catalogue: one alone is retried after a server error."""
        return self.destinations == 1

    @property
    def timeout_seconds(self) -> float:
        """The catalogue's share of `SEND_SECONDS`, which leaves the others theirs."""
        return round(SEND_SECONDS / max(2, self.destinations), 1)


class Catalogue(Section):
    """A data catalogue that lineage is sent to."""

    provider: str = setting("The data catalogue.", update=RESTARTS)

    @property
    @abstractmethod
    def location(self) -> str:
        """Address or id of the catalogue, the same for each entry that names it."""

    @property
    def identity(self) -> tuple[str, ...]:
        """Key that is the same for two entries that send the same events to one catalogue."""
        return (self.location, self.provider)

    @property
    def needs_token(self) -> bool:
        """Whether the environment authenticates with a token."""
        return False

    def uses_backend(self, version: Version) -> bool:  # noqa: ARG002 - for providers that have one
        """Whether Airflow's lineage backend sends to it, not the OpenLineage client."""
        return False

    def incompatibilities(self, version: Version) -> Iterator[Incompatibility]:  # noqa: ARG002
        """Reasons why this Airflow version cannot send to it."""
        yield from ()

    @abstractmethod
    def resolve(self, catalogue_id: str, delivery: Delivery) -> ResolvedCatalogue:
        """The catalogue as one environment sends to it."""


class HttpCatalogue(Catalogue):
    """A catalogue with an HTTP endpoint for OpenLineage events and a token."""

    url: BaseUrl = setting(
        "Address of the catalogue; a path must end in a slash.",
        update=UpdatePolicy.TAKES_ANOTHER_TOKEN,
    )
    token_secret_arn: WholeSecretArn | None = setting(
        "ARN of an existing secret with the token, encrypted with the AWS managed key "
        "`aws/secretsmanager`.",
        update=RESTARTS,
        default=None,
        otherwise="an empty secret in the environment's stack, for you to fill; **required** for "
        "an existing environment",
    )
    token_field: TokenField | None = setting(
        "The field of that secret that holds the token, where the secret is a JSON object.",
        update=RESTARTS,
        default=None,
        otherwise="the whole text, or the field `token` of a JSON object",
    )

    @property
    def location(self) -> str:
        """The normalized address."""
        return normalized_url(self.url)

    @property
    def needs_token(self) -> bool:
        """Whether the environment authenticates with a token."""
        # Providers that may do without one declare `authentication`.
        return getattr(self, "authentication", None) != NO_AUTHENTICATION

    @property
    def identity(self) -> tuple[str, ...]:
        """The address of events, whichever provider's entry leads there."""
        return (self.events_location,)

    @property
    def events_location(self) -> str:
        """The normalized address of events."""
        return normalized_url(self.base_url + self.events_endpoint)

    @property
    def base_url(self) -> str:
        """The address that the endpoint is joined to, as a browser joins a link."""
        return self.url.rstrip("/") + "/"

    @property
    def events_endpoint(self) -> str:
        """The endpoint for OpenLineage events: the client's default unless a provider differs."""
        return CLIENTS_ENDPOINT

    @property
    def token_header(self) -> str | None:
        """The header that the token is sent in alone; None for a bearer token."""
        return None

    @property
    def token_key(self) -> str:
        """Part of a secret's construct id that differs where the token's address does."""
        # OpenLineage alone has an endpoint of its own to choose.
        address = f"{self.location}/{getattr(self, 'endpoint', '')}"
        return f"{self.provider}{hashlib.sha256(address.encode()).hexdigest()[:8]}"

    def resolve(self, catalogue_id: str, delivery: Delivery) -> ResolvedCatalogue:
        """The catalogue as one environment sends to it, by the OpenLineage client over HTTP."""
        return ResolvedCatalogue(
            id=catalogue_id,
            provider=self.provider,
            address=self.base_url + self.events_endpoint,
            settings={
                "url": self.base_url,
                "endpoint": self.events_endpoint,
                "token": self.needs_token,
            },
            transport=self._transport(catalogue_id, delivery),
            token=self.needs_token,
            token_key=self.token_key,
            token_secret_arn=self.token_secret_arn,
        )

    def _transport(self, catalogue_id: str, delivery: Delivery) -> Json:
        kind = _transport_class(delivery.version, self.needs_token, self.token_header)
        transport: Json = {
            "type": kind,
            "url": self.base_url,
            "endpoint": self.events_endpoint,
            "timeout": delivery.timeout_seconds,
            "retry": dict(ONE_RETRY if delivery.alone else NO_RETRY),
        }
        if self.needs_token:
            auth = {
                "secret": catalogue_id,
                "cache_seconds": delivery.token_ttl_seconds,
                "type": TOKEN_PROVIDER if kind != TOKEN_TRANSPORT else None,
                "field": self.token_field,
                "header": self.token_header,
            }
            transport["auth"] = {key: value for key, value in auth.items() if value is not None}
        return transport

    @field_validator("url")
    @classmethod
    def _refuse_token_in_clear(cls, url: str) -> str:
        if "authentication" not in cls.model_fields:
            refuse_token_in_clear(url)
        return url


class OptionalTokenCatalogue(HttpCatalogue):
    """A catalogue that may accept events without a token.

    Each provider declares `authentication` itself, after the keys that it depends on.
    """

    @field_validator("authentication", check_fields=False)
    @classmethod
    def _check_authentication(cls, authentication: str, info: ValidationInfo) -> str:
        if authentication != NO_AUTHENTICATION:
            refuse_token_in_clear(info.data.get("url"))
            return authentication
        given = [
            str(cls.model_fields[name].alias)
            for name in ("token_secret_arn", "token_field")
            if info.data.get(name)
        ]
        if given:
            reject(
                f"Without authentication nothing reads {' and '.join(given)}.",
                "Take it out, or choose how the token is shown.",
            )
        return authentication


def refuse_token_in_clear(url: str | None) -> None:
    """Rejects an address at which anybody on the way could read the token."""
    if url and is_unencrypted(url) and not is_private(url):
        reject(
            "Over http:// to a public host anybody on the way could read the token.",
            "Take https://.",
        )


def _transport_class(version: AirflowVersion, needs_token: bool, header: str | None) -> str:
    """The class of an HTTP transport, in which a token has a `header` of its own or none.

    Clients before Airflow 2.7 call a token provider once at most; none puts its result into
    another header than Authorization. Those before 2.11 would send the preflight's own runs.
    """
    release = Version(version.version).release[:2]
    if needs_token and (release < OLDEST_WITH_PROVIDER or header):
        return TOKEN_TRANSPORT
    return "http" if release >= FIRST_WITH_FILTERS else QUIET_TRANSPORT
