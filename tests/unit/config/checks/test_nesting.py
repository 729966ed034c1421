"""Texts and ranges within each other are found as by a look at every pair."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from config.checks.nesting import nested, overlapping

RANGES = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False),
    st.integers(0x0A000000, 0x0A00FFFF),
    st.integers(0, 32),
)


@given(st.lists(st.text("ab/", max_size=4), max_size=12))
def test_every_pair_of_which_one_begins_with_the_other(texts: list[str]) -> None:
    assert nested(texts) == [
        (one, other)
        for one, other in combinations(range(len(texts)), 2)
        if texts[one].startswith(texts[other]) or texts[other].startswith(texts[one])
    ]


@given(st.lists(RANGES, max_size=12))
def test_every_pair_of_ranges_that_overlap(ranges: list[IPv4Network]) -> None:
    assert overlapping(ranges) == [
        (one, other)
        for one, other in combinations(range(len(ranges)), 2)
        if ranges[one].overlaps(ranges[other])
    ]
