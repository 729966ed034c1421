"""The transport of an environment, as the OpenLineage client of its Airflow version takes it.

Keys that a client does not know it drops without a word, so each stands here for a client that
reads it. Sources: `openlineage.client.transport` in openlineage-python 0.20.4 to 1.52.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from packaging.version import Version

from artifacts.catalogues import DataZoneCatalogue, HttpCatalogue
from mwaa.versions import OLDEST_WITH_PROVIDER, AirflowVersion

Json = dict[str, object]

SEND_SECONDS = 8.0
"""For all catalogues together. Airflow ends the sending of a task's event after 10 s, while the
task waits: the rest is for making the event, and for reading a token now and then. The client
counts each wait for a byte by itself: an answer that drips in ends with Airflow's limit alone,
which Airflow has since 2.10."""

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
"""The first Airflow whose client (1.33) reads filters beside a transport, for every event."""

TOKEN_PROVIDER = "mwaa_platform_token.SecretsManagerTokenProvider"  # noqa: S105 - a class
QUIET_TRANSPORT = "mwaa_platform_transport.QuietTransport"
TOKEN_TRANSPORT = "mwaa_platform_transport.TokenTransport"  # noqa: S105 - a class
DATAZONE_TRANSPORT = "mwaa_platform_datazone.DataZoneTransport"


def transport(
    catalogues: Sequence[HttpCatalogue | DataZoneCatalogue],
    *,
    version: AirflowVersion,
    token_cache_seconds: int,
) -> Json | None:
    """What sends each event to all of the catalogues; None without one.

    Each has its share of `SEND_SECONDS`, so that a slow one does not take the others' time; a
    single one is asked again after an error of the server's.
    """
    # Domains of DataZone last: theirs is the slowest client to start.
    ordered = sorted(catalogues, key=lambda each: isinstance(each, DataZoneCatalogue))
    if not ordered:
        return None
    alone = len(ordered) == 1
    seconds = round(SEND_SECONDS / max(2, len(ordered)), 1)
    made = {
        each.id: _data_zone(each, seconds)
        if isinstance(each, DataZoneCatalogue)
        else _http(each, version, seconds, alone=alone)
        | _authentication(each, version, token_cache_seconds)
        for each in ordered
    }
    if alone:
        return made[ordered[0].id]
    client = version.openlineage_python
    named = client is None or Version(client) >= FIRST_WITH_NAMED_TRANSPORTS
    return {
        "type": "composite",
        "transports": made if named else list(made.values()),
        "continue_on_failure": True,
    }


def _http(
    catalogue: HttpCatalogue, version: AirflowVersion, seconds: float, *, alone: bool
) -> Json:
    return {
        "type": _kind(catalogue, version),
        "url": catalogue.url,
        "endpoint": catalogue.endpoint,
        "timeout": seconds,
        "retry": dict(ONE_RETRY if alone else NO_RETRY),
    }


def _kind(catalogue: HttpCatalogue, version: AirflowVersion) -> str:
    """Clients before Airflow 2.7 ask a token provider once and never again, or not at all; none
    puts what it gives into another header than Authorization. Those before 2.11 would send the
    preflight's own runs."""
    release = Version(version.version).release[:2]
    asked = release >= OLDEST_WITH_PROVIDER
    if catalogue.token and (not asked or catalogue.api_key_header):
        return TOKEN_TRANSPORT
    return "http" if release >= FIRST_WITH_FILTERS else QUIET_TRANSPORT


def _authentication(
    catalogue: HttpCatalogue, version: AirflowVersion, token_cache_seconds: int
) -> Json:
    if not catalogue.token:
        return {}
    auth: Json = {"secret": catalogue.id, "cache_seconds": token_cache_seconds}
    if _kind(catalogue, version) != TOKEN_TRANSPORT:
        auth["type"] = TOKEN_PROVIDER
    if catalogue.token_field:
        auth["field"] = catalogue.token_field
    if catalogue.api_key_header:
        auth["header"] = catalogue.api_key_header
    return {"auth": auth}


def _data_zone(catalogue: DataZoneCatalogue, seconds: float) -> Json:
    region: Json = {"region": catalogue.region} if catalogue.region else {}
    return {
        "type": DATAZONE_TRANSPORT,
        "domainId": catalogue.domain_id,
        **region,
        "timeout": seconds,
    }
