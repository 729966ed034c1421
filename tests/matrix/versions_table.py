"""The table of a run of all versions, written into docs/airflow-versions.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.machine import describe_machine
from local.layout import ROOT
from local.pins import pins
from tests.matrix.versions import EVERY

DOCUMENT = ROOT / "docs" / "airflow-versions.md"
COMMAND = "./mwaa-platform test tests/matrix --all-versions --write-versions"
HEADING = "## The full run\n"
SENDERS = ("apache-airflow-providers-openlineage", "openlineage-airflow")

_HEAD = """
Written by `{command}`, with {workers} at once.

{machine}:

| Airflow | sent by | openlineage-python | tests | seconds |
|---|---|---|---|---|
"""


@dataclass
class Tally:
    """What the tests of a version came to, and the seconds that they took."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0

    @property
    def words(self) -> str:
        return ", ".join(f"{count} {outcome}" for outcome, count in sorted(self.outcomes.items()))


def version_of(test: str) -> str | None:
    """The version that a test's id names among its parameters."""
    parameters = re.search(r"\[(.*)\]", test)
    named = [each for each in EVERY if parameters and each in parameters[1].split("-")]
    return named[0] if named else None


def row(version: str, tally: Tally) -> str:
    """A version's line of the table."""
    sender = next(each for each in SENDERS if _pinned(version, each))
    cells = (
        version,
        f"{sender} {_pinned(version, sender)}",
        _pinned(version, "openlineage-python"),
        tally.words,
        f"{tally.seconds:.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |\n"


def write(tallies: Mapping[str, Tally], *, workers: int) -> None:
    """Put the table in the place of the document's last section."""
    prose, _, _ = DOCUMENT.read_text().partition(HEADING)
    head = _HEAD.format(
        command=COMMAND,
        workers=f"{workers} versions" if workers > 1 else "one version",
        machine=describe_machine(),
    )
    rows = "".join(row(version, tallies[version]) for version in EVERY)
    DOCUMENT.write_text(f"{prose}{HEADING}{head}{rows}")


def _pinned(version: str, package: str) -> str | None:
    found = re.search(rf"^{package}==(.+?)(?: ;.*)?$", pins(version).read_text(), re.MULTILINE)
    return found and found[1]
