"""The form of a plan in words: sections of items and sentences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something that changes: its name, what happens to it, and the sentences about that."""

    name: str
    summary: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """Items under a heading; `lines` are sentences of the section itself."""

    title: str
    items: tuple[Item, ...] = ()
    lines: tuple[str, ...] = ()
