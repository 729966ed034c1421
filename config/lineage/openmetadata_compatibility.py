"""Compatibility of OpenMetadata's versions with those of Airflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from packaging.version import Version

from config.lineage.catalogue import Incompatibility
from mwaa.versions import AIRFLOW_VERSIONS

EVENTS_ENDPOINT = "api/v1/openlineage/lineage"
"""Where the server accepts OpenLineage events."""
FIRST_WITHOUT_BACKENDS = Version("3")
FIRST_OPENMETADATA_WITH_ENDPOINT = Version("1.12")
FIRST_OPENMETADATA_BEYOND_AIRFLOW_2 = Version("1.13")
"""Its package requires SQLAlchemy 2, with which Airflow 2 is incompatible."""
FIRST_OPENMETADATA_ON_PYTHON_3_11 = Version("1.3")
"""Older models have patterns that Python rejects from 3.11 on."""
PYTHON_3_11 = Version("3.11")


class Lines(NamedTuple):
    """The range of OpenMetadata's releases whose client works on an Airflow version."""

    first: Version
    last: Version

    def has(self, server: Version) -> bool:
        """Whether a release is in the range."""
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
"""The only versions with which the client can be installed and runs:
`python -m tests.openmetadata.survey` tries them all."""


def has_backend(server: str, airflow: Version) -> bool:
    """Whether lineage goes through the lineage backend, not as OpenLineage events."""
    return (
        airflow < FIRST_WITHOUT_BACKENDS and Version(server) < FIRST_OPENMETADATA_BEYOND_AIRFLOW_2
    )


def runs_on(server: Version, python: str) -> bool:
    """Whether a server's client can be imported by this Python."""
    return server >= FIRST_OPENMETADATA_ON_PYTHON_3_11 or Version(python) < PYTHON_3_11


def backend_incompatibilities(server: str, airflow: Version) -> Iterator[Incompatibility]:
    """Reasons why the backend of a server's version does not work on an Airflow version."""
    lines, release = CLIENTS.get(airflow), Version(server)
    if lines and lines.has(release):
        return
    yield Incompatibility(
        "Version",
        f"The lineage backend of OpenMetadata {release} {_why_not(release, str(airflow))}.",
        f"Airflow {airflow} goes with {lines or 'no OpenMetadata'} by the backend, and "
        f"{_airflows(release)}. OpenMetadata from {FIRST_OPENMETADATA_WITH_ENDPOINT} on takes "
        f'events of OpenLineage from every Airflow: "Provider": "OpenLineage" with "Endpoint": '
        f'"{EVENTS_ENDPOINT}".',
    )


def endpoint_incompatibilities(
    server: str, service_name: str | None, airflow: Version
) -> Iterator[Incompatibility]:
    """Reasons why a server's version cannot be sent OpenLineage events by an Airflow version."""
    if service_name:
        yield Incompatibility(
            "ServiceName",
            f"Nothing reads it with OpenMetadata {server} on Airflow {airflow}: events of "
            "OpenLineage carry the Connection instead.",
            "Take it out.",
        )
    if Version(server) < FIRST_OPENMETADATA_WITH_ENDPOINT:
        yield Incompatibility(
            "Version",
            f"Airflow {airflow} has no lineage backends, and OpenMetadata takes events of "
            f"OpenLineage since {FIRST_OPENMETADATA_WITH_ENDPOINT} only.",
            f"Upgrade the server to {FIRST_OPENMETADATA_WITH_ENDPOINT}; "
            f"{_airflows(Version(server))} by the backend.",
        )


def _why_not(server: Version, airflow: str) -> str:
    python = AIRFLOW_VERSIONS[airflow].python
    if not runs_on(server, python):
        return f"does not run on Python {python}, which MWAA has with Airflow {airflow}"
    return f"cannot be installed beside Airflow {airflow}: they need packages of other versions"


def _airflows(server: Version) -> str:
    """The Airflow versions with which a server's client works, in words."""
    fitting = [str(airflow) for airflow, lines in CLIENTS.items() if lines.has(server)]
    ended = [each for each in fitting if not AIRFLOW_VERSIONS[each].creatable]
    present = [each for each in fitting if each not in ended]
    where = (
        *((f"Airflow {', '.join(present)}",) if present else ()),
        *((f"environments that exist on Airflow {', '.join(ended)}",) if ended else ()),
    )
    return f"OpenMetadata {server} with {' and '.join(where)}"
