"""Bounds of what is told about very many files, or by one that says very much."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from errors import Finding, Level

MOST_FINDINGS, MOST_NAMES, LONGEST = 100, 5, 1000
"""Things wrong that are told, names in a sentence, and characters of an error."""
MOST_READ = 1 << 22
"""Bytes of a file that a program has written."""


def first_findings(findings: Iterable[Finding], subject: str) -> Iterator[Finding]:
    """The findings up to the last of those that are wrong and told, then how many more there are.

    One mistake in what all DAGs import is in every file.
    """
    wrong, left_out = 0, Level.WARNING
    for finding in findings:
        wrong += finding.is_wrong
        if not finding.is_wrong or wrong <= MOST_FINDINGS:
            yield finding
        elif finding.level is Level.ERROR:
            left_out = Level.ERROR
    if wrong > MOST_FINDINGS:
        yield Finding(
            level=left_out,
            subject=subject,
            message=f"{wrong - MOST_FINDINGS:,} more of these findings are left out.",
            remedy="Correct what is told, and check again.",
        )


def first_names(names: Sequence[str]) -> str:
    """The names in a sentence, or the first ones and how many more there are."""
    more = len(names) - MOST_NAMES
    shown = ", ".join(names[:MOST_NAMES])
    return f"{shown} and {more:,} more" if more > 0 else shown


def shortened(text: str) -> str:
    """The text, or its beginning."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def ends_of(file: BinaryIO) -> str:
    """What a program has written, or the beginning and the end of very much."""
    file.seek(0)
    text = file.read(MOST_READ)
    if (size := file.seek(0, os.SEEK_END)) > len(text):
        file.seek(max(len(text), size - MOST_READ))
        text += file.read(MOST_READ)
    return text.decode(errors="replace")
