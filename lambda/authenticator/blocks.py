"""Blocks: items of the grants table that refuse a person, whatever grants and decisions say.

`read_blocks` calls nothing, so that the commands explain a block by the code that applies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from authenticator.errors import BLOCKED, RefusedError
from authenticator.grants import BLOCK, Item, Key, read_seconds, read_text
from authenticator.person import Person


class Block(NamedTuple):
    """Block of a principal; what else the item says is for people, and empty where unreadable.

    `since` is in seconds since 1970, `by` names who blocked.
    """

    principal: str
    since: float | None = None
    by: str = ""
    reason: str = ""


def block_keys(person: Person) -> tuple[Key, Key]:
    """Keys of the items that would block a person: of the address and of the subject."""
    return (f"user:{person.email}", BLOCK), (f"subject:{person.subject}", BLOCK)


def read_blocks(items: Iterable[Item]) -> Iterator[Block]:
    """Yields the blocks among the items. Every item with that source blocks, whatever its form."""
    for item in items:
        if read_text(item, "source") == BLOCK:
            yield Block(
                read_text(item, "principal"),
                read_seconds(item, "since"),
                read_text(item, "by"),
                read_text(item, "reason"),
            )


def refuse_blocked(items: Iterable[Item]) -> None:
    """Raises `RefusedError` for a block among the items of a person's keys."""
    if any(read_blocks(items)):
        raise RefusedError(BLOCKED, "blocked")
