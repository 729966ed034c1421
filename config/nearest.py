"""The nearest right name."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz, process

ALIKE_PERCENT = 60


def nearest(wrong: str, right: Iterable[str]) -> str | None:
    """The right name that was probably meant, or None where nothing is like it."""
    found = process.extractOne(
        wrong, list(right), scorer=fuzz.ratio, processor=str.casefold, score_cutoff=ALIKE_PERCENT
    )
    return found[0] if found else None
