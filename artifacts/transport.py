"""The OpenLineage transport of an environment, as the client of its Airflow version accepts it.

A client silently drops keys that it does not know, so each key is given to clients that read it.
Sources: `openlineage.client.transport` in openlineage-python 0.20.4 to 1.52.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from packaging.version import Version

from mwaa.versions import OLDEST_WITH_PROVIDER, AirflowVersion

Json = dict[str, object]

SEND_SECONDS = 8.0
"""Time for all catalogues together. Airflow ends the sending of a task's event after 10 s, while
the task waits: the rest is for making the event and for reading a token now and then. The client
applies its timeout to each wait for a byte: a response that drips in ends with Airflow's limit
alone, which Airflow has since 2.10."""

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

FIRST_WITH_NAMED_TRANSPORTS = Version("1.23")
FIRST_WITH_FILTERS = (2, 11)
"""The first Airflow whose client (1.33) reads filters next to a transport, for every event."""

TOKEN_PROVIDER = "mwaa_platform_token.SecretsManagerTokenProvider"  # noqa: S105 - a class
QUIET_TRANSPORT = "mwaa_platform_transport.QuietTransport"
TOKEN_TRANSPORT = "mwaa_platform_transport.TokenTransport"  # noqa: S105 - a class
DATAZONE_TRANSPORT = "mwaa_platform_datazone.DataZoneTransport"


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
        """Whether there is no other catalogue: one alone is asked again after a server error."""
        return self.destinations == 1

    @property
    def timeout_seconds(self) -> float:
        """The catalogue's share of `SEND_SECONDS`, which leaves the others theirs."""
        return round(SEND_SECONDS / max(2, self.destinations), 1)


def http_transport(
    delivery: Delivery,
    *,
    catalogue_id: str,
    url: str,
    endpoint: str,
    token: bool,
    token_field: str | None = None,
    api_key_header: str | None = None,
) -> Json:
    """The transport to an endpoint, which the client joins to `url`; that ends in a slash.

    With a `token` the request carries one: as a bearer token, or alone in `api_key_header`.
    `token_field` is the field of a JSON secret that holds it.
    """
    kind = _http_kind(delivery.version, token=token, api_key_header=api_key_header)
    transport: Json = {
        "type": kind,
        "url": url,
        "endpoint": endpoint,
        "timeout": delivery.timeout_seconds,
        "retry": dict(ONE_RETRY if delivery.alone else NO_RETRY),
    }
    if token:
        auth = {
            "secret": catalogue_id,
            "cache_seconds": delivery.token_ttl_seconds,
            "type": TOKEN_PROVIDER if kind != TOKEN_TRANSPORT else None,
            "field": token_field,
            "header": api_key_header,
        }
        transport["auth"] = {key: value for key, value in auth.items() if value is not None}
    return transport


def datazone_transport(delivery: Delivery, *, domain_id: str, region: str | None) -> Json:
    """The transport to a domain; without a Region, to one in the environment's."""
    return {
        "type": DATAZONE_TRANSPORT,
        "domainId": domain_id,
        **({"region": region} if region else {}),
        "timeout": delivery.timeout_seconds,
    }


def combined_transport(transports: Mapping[str, Json], version: AirflowVersion) -> Json | None:
    """The transport that sends each event by all of these, keyed by catalogue id; None by none."""
    if len(transports) < 2:  # noqa: PLR2004
        return next(iter(transports.values()), None)
    # Domains of DataZone last: theirs is the slowest client to start.
    ordered = dict(
        sorted(transports.items(), key=lambda item: item[1]["type"] == DATAZONE_TRANSPORT)
    )
    client = version.openlineage_python
    named = client is None or Version(client) >= FIRST_WITH_NAMED_TRANSPORTS
    return {
        "type": "composite",
        "transports": ordered if named else list(ordered.values()),
        "continue_on_failure": True,
    }


def _http_kind(version: AirflowVersion, *, token: bool, api_key_header: str | None) -> str:
    """The class of an HTTP transport.

    Clients before Airflow 2.7 call a token provider once at most; none puts its result into
    another header than Authorization. Those before 2.11 would send the preflight's own runs.
    """
    release = Version(version.version).release[:2]
    if token and (release < OLDEST_WITH_PROVIDER or api_key_header):
        return TOKEN_TRANSPORT
    return "http" if release >= FIRST_WITH_FILTERS else QUIET_TRANSPORT
