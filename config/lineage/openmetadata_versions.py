"""Which OpenMetadata each Airflow version can send lineage to, and by which way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from packaging.version import Version

from config.lineage.openmetadata import OPENMETADATAS_ENDPOINT, OpenMetadata
from config.types import Refusal
from mwaa.versions import AIRFLOW_VERSIONS

FIRST_WITHOUT_BACKENDS = Version("3")
FIRST_OPENMETADATA_WITH_ENDPOINT = Version("1.12")
FIRST_OPENMETADATA_BEYOND_AIRFLOW_2 = Version("1.13")
"""Its package wants SQLAlchemy 2, and Airflow 2 an older one: they cannot be installed together."""
FIRST_OPENMETADATA_ON_PYTHON_3_11 = Version("1.3")
"""The models of older ones have patterns that Python refuses from 3.11 on."""
PYTHON_3_11 = Version("3.11")


class Lines(NamedTuple):
    """From which release to which line of OpenMetadata an Airflow can have the client."""

    first: Version
    last: Version

    def has(self, server: Version) -> bool:
        """Whether a release is one of these."""
        return self.first <= server and Version(f"{server.major}.{server.minor}") <= self.last

    def __str__(self) -> str:
        return f"OpenMetadata {self.first} to {self.last}"


def _lines(first: str, last: str) -> Lines:
    return Lines(Version(first), Version(last))


CLIENTS: Mapping[Version, Lines] = MappingProxyType(
    {
        Version(airflow): lines
        for airflow, lines in (
            ("2.5.1", _lines("1.0", "1.4")),
            ("2.6.3", _lines("1.0", "1.4")),
            ("2.7.2", _lines("1.3", "1.4")),
            ("2.9.2", _lines("1.4", "1.12")),
            ("2.10.1", _lines("1.4", "1.12")),
            ("2.10.3", _lines("1.4", "1.12")),
            ("2.11.2", _lines("1.10.3", "1.12")),
        )
    }
)
"""Beside any other Airflow 2, and any other line beside these, the client cannot be installed, or
does not run: `python -m tests.openmetadata.survey` tries them all."""


def has_backend(catalogue: OpenMetadata, version: Version) -> bool:
    """Whether lineage goes through its lineage backend, not as events of OpenLineage."""
    return (
        version < FIRST_WITHOUT_BACKENDS
        and Version(catalogue.version) < FIRST_OPENMETADATA_BEYOND_AIRFLOW_2
    )


def runs_on(server: Version, python: str) -> bool:
    """Whether a server's client can be imported by this Python."""
    return server >= FIRST_OPENMETADATA_ON_PYTHON_3_11 or Version(python) < PYTHON_3_11


def refusals_of_backend(
    position: int, catalogue: OpenMetadata, version: Version
) -> Iterator[Refusal]:
    """What stands against a catalogue that is sent to by the backend."""
    lines, server = CLIENTS.get(version), Version(catalogue.version)
    if lines and lines.has(server):
        return
    yield Refusal(
        ("Catalogues", position, "Version"),
        f"The lineage backend of OpenMetadata {server} {_why_not(server, str(version))}.",
        f"Airflow {version} goes with {lines or 'no OpenMetadata'} by the backend, and "
        f"{_airflows(server)}. OpenMetadata from {FIRST_OPENMETADATA_WITH_ENDPOINT} on takes "
        f'events of OpenLineage from every Airflow: "Provider": "OpenLineage" with "Endpoint": '
        f'"{OPENMETADATAS_ENDPOINT}".',
    )


def refusals_of_endpoint(
    position: int, catalogue: OpenMetadata, version: Version
) -> Iterator[Refusal]:
    """What stands against a catalogue that is sent events of OpenLineage."""
    if catalogue.service_name:
        yield Refusal(
            ("Catalogues", position, "ServiceName"),
            f"Nothing reads it with OpenMetadata {catalogue.version} on Airflow {version}: events "
            "of OpenLineage carry the Connection instead.",
            "Take it out.",
        )
    if Version(catalogue.version) < FIRST_OPENMETADATA_WITH_ENDPOINT:
        yield Refusal(
            ("Catalogues", position, "Version"),
            f"Airflow {version} has no lineage backends, and OpenMetadata takes events of "
            f"OpenLineage since {FIRST_OPENMETADATA_WITH_ENDPOINT} only.",
            f"Upgrade the server to {FIRST_OPENMETADATA_WITH_ENDPOINT}; "
            f"{_airflows(Version(catalogue.version))} by the backend.",
        )


def _why_not(server: Version, airflow: str) -> str:
    python = AIRFLOW_VERSIONS[airflow].python
    if not runs_on(server, python):
        return f"does not run on Python {python}, which MWAA has with Airflow {airflow}"
    return f"cannot be installed beside Airflow {airflow}: they need packages of other versions"


def _airflows(server: Version) -> str:
    """Which Airflow versions a server's client goes with."""
    fitting = [str(airflow) for airflow, lines in CLIENTS.items() if lines.has(server)]
    ended = [each for each in fitting if not AIRFLOW_VERSIONS[each].creatable]
    present = [each for each in fitting if each not in ended]
    where = (
        *((f"Airflow {', '.join(present)}",) if present else ()),
        *((f"environments that exist on Airflow {', '.join(ended)}",) if ended else ()),
    )
    return f"OpenMetadata {server} with {' and '.join(where)}"
