"""What an Airflow version can send lineage to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packaging.version import Version

from config.lineage.openmetadata import OpenMetadata
from config.lineage.openmetadata_versions import (
    has_backend,
    refusals_of_backend,
    refusals_of_endpoint,
)
from config.lineage.providers import Catalogue, DataZone
from config.lineage.settings import LineageSettings
from config.types import Refusal, reject, reject_each
from mwaa.versions import OLDEST_WITH_LINEAGE

OLDEST_WITH_SEVERAL = Version("2.10.1")
OLDEST_WITH_DATAZONE = Version("2.11.0")
OFF = 'turn lineage off here: "Lineage": false'


def check_lineage(lineage: LineageSettings, version: str) -> None:
    """Refuse what an environment of this Airflow version cannot do, all of it at once."""
    if Version(version).release < OLDEST_WITH_LINEAGE:
        reject(
            f"Lineage needs Airflow {'.'.join(map(str, OLDEST_WITH_LINEAGE))} or newer.",
            f"Take a newer AirflowVersion, or {OFF}",
        )
    reject_each(_refusals(lineage.catalogues, Version(version)))


def check_tokens_are_named(lineage: LineageSettings) -> None:
    """Refuse a catalogue whose token is in no secret, where no stack makes one for it."""
    reject_each(
        Refusal(
            ("Catalogues", position, "TokenSecretArn"),
            "Missing: which secret holds the token. None is made for an environment that exists.",
            "Make a secret, and give its ARN.",
        )
        for position, each in enumerate(lineage.catalogues)
        if not isinstance(each, DataZone) and each.needs_token and not each.token_secret_arn
    )


def sends_by_backend(catalogue: Catalogue, version: Version) -> bool:
    """Whether lineage goes through OpenMetadata's backend, not as events of OpenLineage."""
    return isinstance(catalogue, OpenMetadata) and has_backend(catalogue, version)


def _refusals(catalogues: Sequence[Catalogue], version: Version) -> Iterator[Refusal]:
    backends = [i for i, each in enumerate(catalogues) if sends_by_backend(each, version)]
    events = [i for i in range(len(catalogues)) if i not in backends]
    for position, catalogue in enumerate(catalogues):
        match catalogue:
            case DataZone() if version < OLDEST_WITH_DATAZONE:
                yield Refusal(
                    ("Catalogues", position, "Provider"),
                    f"DataZone needs Airflow {OLDEST_WITH_DATAZONE} or newer: the client of "
                    f"{version} cannot send to it.",
                    "Take a newer AirflowVersion, or another catalogue.",
                )
            case OpenMetadata() if position in backends:
                yield from refusals_of_backend(position, catalogue, version)
            case OpenMetadata():
                yield from refusals_of_endpoint(position, catalogue, version)
    if len(events) > 1 and version < OLDEST_WITH_SEVERAL:
        yield Refusal(
            ("Catalogues", events[1]),
            f"Several catalogues at once need Airflow {OLDEST_WITH_SEVERAL} or newer.",
            "Keep one of them, or take a newer AirflowVersion.",
        )
    if len(backends) > 1:
        yield Refusal(
            ("Catalogues", backends[1]),
            "Airflow 2 has one lineage backend, so OpenMetadata can stand here once.",
            "Keep one of them, or take Airflow 3.",
        )
