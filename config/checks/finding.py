"""Warnings, and the comparison of entries in a list."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

from errors import Finding, Level, Place

T = TypeVar("T")


def repeats(
    entries: Mapping[int, T], keys: Callable[[T], Iterable[Hashable | None]]
) -> Iterator[tuple[int, int]]:
    """Pairs of an entry and the earliest one that has a key in common with it; None is no key."""
    first: dict[Hashable, int] = {}
    for index, entry in entries.items():
        given = (key for key in keys(entry) if key is not None)
        earliest = min((first.setdefault(key, index) for key in given), default=index)
        if earliest != index:
            yield index, earliest


def warning(place: Place, message: str, *, subject: str = "") -> Finding:
    """A warning about a place; `subject` is the name that people read in its stead."""
    return Finding(level=Level.WARNING, place=place, subject=subject, message=message)
