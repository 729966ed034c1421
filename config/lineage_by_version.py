"""What an Airflow version can send lineage to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packaging.version import Version

from config.catalogues import Catalogue, DataZone
from config.fields import Refusal, reject, reject_each
from config.lineage import LineageSettings
from config.openmetadata import OpenMetadata
from mwaa_platform.airflow_versions import OLDEST_WITH_LINEAGE
from mwaa_platform.catalogues import JWT

OLDEST_WITH_SEVERAL = Version("2.10.1")
OLDEST_WITH_DATAZONE = Version("2.11.0")
FIRST_WITHOUT_BACKENDS = Version("3")
FIRST_OPENMETADATA_WITH_ENDPOINT = Version("1.12")
FIRST_OPENMETADATA_BEYOND_AIRFLOW_2 = Version("1.13")
"""Its package wants SQLAlchemy 2, and Airflow 2 an older one: they cannot be installed together."""

FIRST_OPENMETADATA_ON_PYTHON_3_11 = Version("1.3")
"""The models of older ones have patterns that Python refuses from 3.11 on."""
FIRST_ON_PYTHON_3_11 = Version("2.7")
"""MWAA's Airflow; those before have 3.10."""
LAST_ON_PYTHON_3_10 = Version("2.6.3")

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
    return (
        isinstance(catalogue, OpenMetadata)
        and version < FIRST_WITHOUT_BACKENDS
        and Version(catalogue.version) < FIRST_OPENMETADATA_BEYOND_AIRFLOW_2
    )


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
                yield from _of_backend(position, catalogue, version)
            case OpenMetadata():
                yield from _of_openmetadata(position, catalogue, version)
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


def _of_openmetadata(position: int, catalogue: OpenMetadata, version: Version) -> Iterator[Refusal]:
    if catalogue.service_name:
        yield Refusal(
            ("Catalogues", position, "ServiceName"),
            f"Nothing reads it with OpenMetadata {catalogue.version} on Airflow {version}: events "
            "of OpenLineage carry the Connection instead.",
            "Take it out.",
        )
    server = Version(catalogue.version)
    if server < FIRST_OPENMETADATA_WITH_ENDPOINT:
        older = ", or take an AirflowVersion of 2" if not _is_for_old_python(server) else ""
        yield Refusal(
            ("Catalogues", position, "Version"),
            f"Airflow {version} has no lineage backends, and OpenMetadata takes events of "
            f"OpenLineage since {FIRST_OPENMETADATA_WITH_ENDPOINT} only.",
            f"Upgrade the server to {FIRST_OPENMETADATA_WITH_ENDPOINT}{older}.",
        )


def _of_backend(position: int, catalogue: OpenMetadata, version: Version) -> Iterator[Refusal]:
    if version >= FIRST_ON_PYTHON_3_11 and _is_for_old_python(Version(catalogue.version)):
        yield Refusal(
            ("Catalogues", position, "Version"),
            f"The lineage backend of OpenMetadata {catalogue.version} does not run on Python 3.11, "
            f"which MWAA has from Airflow {FIRST_ON_PYTHON_3_11} on.",
            f"Upgrade the server to {FIRST_OPENMETADATA_ON_PYTHON_3_11} or newer, which takes "
            f"{JWT} alone. An environment that exists can send to this one with Airflow "
            f"{LAST_ON_PYTHON_3_10} or older.",
        )


def _is_for_old_python(server: Version) -> bool:
    return server < FIRST_OPENMETADATA_ON_PYTHON_3_11
