"""What a check finds, and how a log shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple


class Finding(NamedTuple):
    """One line of a report: what was looked at, what is wrong with it, what to do about that.

    `note` is what is worth knowing where nothing is wrong, `catalogue` the one that it is about.
    What was `not_tried` is neither well nor wrong.
    """

    subject: str
    wrong: str | None = None
    remedy: str | None = None
    note: str | None = None
    catalogue: str | None = None
    not_tried: bool = False


GENERAL = "Airflow's lineage"
"""The heading of what is about no catalogue alone."""


def grouped(findings: Iterable[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """Findings below the name of their catalogue, in their order."""
    for catalogue, found in groupby(findings, key=lambda finding: finding.catalogue):
        yield catalogue or GENERAL, list(found)


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """The report as a log shows it."""
    for heading, found in grouped(findings):
        yield heading
        for finding in found:
            note = f": {finding.note}" if finding.note else ""
            mark = "✗" if finding.wrong else "-" if finding.not_tried else "✓"
            yield f"  {mark} {finding.subject}{note}"
            if finding.wrong:
                yield f"      {finding.wrong}"
            if finding.remedy:
                yield f"      do: {finding.remedy}"
