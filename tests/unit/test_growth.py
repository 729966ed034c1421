"""Nothing over what a platform has many of grows faster than what it is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.growth import LOOPS, RULES, SIZES, Loop

ENDS = (SIZES[0], SIZES[-1])
MORE = SIZES[-1] / SIZES[0]
ROOM = 1.2
"""Calls are the same on every machine: sorting takes some more, a look at every pair 16 times."""
ROOM_OF_CPU = 4
NOISE_SECONDS = 0.05
"""CPU below which a process's neighbours decide."""


@pytest.mark.parametrize("loop", [*LOOPS, *RULES], ids=lambda each: each.of)
def test_a_loop_grows_as_what_it_is_over(loop: Loop, tmp_path: Path) -> None:
    first, last = loop.costs(tmp_path, ENDS)

    assert last.calls <= first.calls * MORE * ROOM, "calls of functions"
    assert last.seconds <= max(NOISE_SECONDS, first.seconds * MORE * ROOM_OF_CPU), "CPU"
