"""Which of many texts or ranges are within another, without a look at every pair."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network

ADDRESS_BITS = 32


def nested(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of each pair of which one begins with the other, or that are the same.

    The earlier one of a pair is first, and pairs are in the order of the texts. In alphabetical
    order whatever begins with a text comes right behind it.
    """
    around: list[int] = []
    found: list[tuple[int, int]] = []
    for at in sorted(range(len(texts)), key=lambda each: texts[each]):
        while around and not texts[at].startswith(texts[around[-1]]):
            around.pop()
        found += [(min(at, other), max(at, other)) for other in around]
        around.append(at)
    return sorted(found)


def overlapping(ranges: Sequence[IPv4Network]) -> list[tuple[int, int]]:
    """Positions of each pair of ranges that overlap: of which one is within the other."""
    return nested(
        [f"{int(each.network_address):0{ADDRESS_BITS}b}"[: each.prefixlen] for each in ranges]
    )
