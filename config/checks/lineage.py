"""What must hold between the environments that send lineage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from config.checks.partial import EnvironmentSketch, FileSketch, Indexed
from errors import Finding

Names = Iterable[tuple[str, str]]


def mistakes_in_lineage(file: FileSketch) -> Iterator[Finding]:
    """The mistakes that show only when environments are seen together, existing ones included."""
    for index, earlier in _shared(file.environments, _connections):
        yield Finding(
            place=("MwaaEnvironments", index, "Lineage", "Connection"),
            message=f"MwaaEnvironments[{earlier}] sends to this connection already, and two "
            "environments with one connection corrupt each other's lineage.",
            remedy="Give each environment a connection of its own.",
        )
    for index, earlier in _shared(file.environments, _services):
        yield Finding(
            place=("MwaaEnvironments", index, "Lineage"),
            message=f"MwaaEnvironments[{earlier}] has this ServiceName at OpenMetadata already, "
            "and two environments with one service overwrite each other's DAGs there.",
            remedy="Give each environment a service of its own.",
        )


def _connections(environment: EnvironmentSketch) -> Names:
    """The names of an environment, each within a catalogue."""
    lineage = environment.lineage
    if lineage and lineage.connection:
        for catalogue in lineage.catalogues:
            if catalogue.place:
                yield catalogue.place, lineage.connection


def _services(environment: EnvironmentSketch) -> Names:
    for catalogue in environment.lineage.catalogues if environment.lineage else ():
        name = catalogue.service_name or environment.name
        if catalogue.place and catalogue.provider == "OpenMetadata" and name:
            yield catalogue.place, name


def _shared(
    environments: Indexed[EnvironmentSketch], names: Callable[[EnvironmentSketch], Names]
) -> Iterator[tuple[int, int]]:
    """Pairs of an environment and the earliest one with one of its names."""
    first: dict[tuple[str, str], int] = {}
    for index, environment in environments.items():
        earliest = min(
            (first.setdefault(name, index) for name in names(environment)), default=index
        )
        if earliest != index:
            yield index, earliest
