"""What the campaign's inputs are judged by."""

from __future__ import annotations


class BrokenPromiseError(AssertionError):
    """Something that must not happen, whatever the input; the text says what."""


def promise(kept: object, otherwise: str) -> None:
    """Raises BrokenPromiseError, with the text, unless the promise is kept."""
    if not kept:
        raise BrokenPromiseError(otherwise)
