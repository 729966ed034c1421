"""Suggestion for a misspelt name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(wrong: str, right: Iterable[str]) -> str | None:
    """Returns the right name that was probably meant, or None where none is similar."""
    names = {name.casefold(): name for name in reversed([*right])}
    if wrong.casefold() in names:
        return names[wrong.casefold()]
    similar = get_close_matches(wrong.casefold(), names, n=1)
    return names[similar[0]] if similar else None
