"""Findings about the configuration's entries, and how entries are compared."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TypeVar

from config.model import AnyEnvironment, Configuration
from errors import Finding, Level

T = TypeVar("T")


def repeats(
    entries: Mapping[int, T], keys: Callable[[T], Iterator[Hashable]]
) -> Iterator[tuple[int, int]]:
    """Pairs of an entry and the earliest one that has a key in common with it."""
    first: dict[Hashable, int] = {}
    for index, entry in entries.items():
        earliest = min((first.setdefault(key, index) for key in keys(entry)), default=index)
        if earliest != index:
            yield index, earliest


def environment_warning(
    configuration: Configuration, environment: AnyEnvironment, message: str
) -> Finding:
    """A warning about one environment, by its name."""
    return Finding(
        level=Level.WARNING,
        place=("MwaaEnvironments", configuration.environments.index(environment)),
        subject=environment.name,
        message=message,
    )


def warning(subject: str, message: str) -> Finding:
    """A warning about a key or about several entries."""
    return Finding(level=Level.WARNING, subject=subject, message=message)
