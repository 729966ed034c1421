"""The table of docs/check.md: the kinds of team in samples/teams.json, checked with each version.

`python -m tests.documents.teams_table` writes it: it installs an Airflow for each cell.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping

import console
from benchmarks.machine import describe_machine
from boundary import errors_shown
from cli.check.loading import check_loading
from cli.check.requirements import check_requirements
from errors import Finding, Level
from local.layout import ROOT
from mwaa.constraints import constraints, installed
from tests.sample_teams import TEAMS, VERSIONS, shipped_by

FILE = ROOT / "docs" / "check.md"
HEADING = "## Three kinds of team\n"
COMMAND = "python -m tests.documents.teams_table"
_HEAD = """
[samples/teams.json](../samples/teams.json) has three kinds of team, with their files: dbt through Cosmos (`marts`), pandas and Snowflake (`forecasts`), pods and AWS (`training`). Each is checked with every version; ✗ marks what is wrong. Written by `{command}`; the seconds are of each team, Airflow's installation included where there was none.

{machine}:

{names}|
{rule}|
"""  # noqa: E501 - a paragraph is one line
OWN = re.compile(r"^(?P<name>[\w-]+)==(?P<pin>\S+)$", re.MULTILINE)


def packages(team: str, version: str) -> str:
    """What a team's environment is about, in the versions that are installed there."""
    return ", ".join(f"{name} {pin}" for name, pin in pins(team, version).items())


def pins(team: str, version: str) -> Mapping[str, str]:
    """The image's version of each package, or the team's own."""
    of_image = {**constraints(version), **installed(version)}
    with shipped_by(team, version) as shipped:
        own = {found["name"]: found["pin"] for found in OWN.finditer(shipped.requirements)}
    return {name: own.get(name) or of_image[name] for name in TEAMS[team]}


def findings(team: str, version: str) -> Iterator[Finding]:
    """All that the check says of a team with a version."""
    with shipped_by(team, version) as shipped:
        yield from check_requirements(shipped)
        yield from check_loading(shipped)


def _cell(team: str, version: str) -> str:
    found = list(findings(team, version))
    for each in found:
        if each.is_wrong or (each.level is Level.SKIPPED and each.subject != "containment"):
            return f"✗ {packages(team, version)}: {each.subject}: {each.message}"
    return f"✓ {packages(team, version)}"


def row(version: str) -> str:
    """A version's line of the table."""
    cells, seconds = [], []
    for team in TEAMS:
        started = time.monotonic()
        cells.append(_cell(team, version).replace("|", "/"))
        seconds.append(f"{time.monotonic() - started:.0f}")
    return f"| {version} | {' | '.join(cells)} | {', '.join(seconds)} |\n"


def write() -> None:
    """Puts the table in the place of the document's last section."""
    rows = []
    for version in VERSIONS:
        rows.append(row(version))
        console.line(rows[-1].strip())
    head = _HEAD.format(
        command=COMMAND,
        machine=describe_machine(),
        names="".join(f"| {name} " for name in ("Airflow", *TEAMS, "seconds")),
        rule="|---" * (len(TEAMS) + 2),
    )
    prose, _, _ = FILE.read_text().partition(HEADING)
    FILE.write_text(f"{prose}{HEADING}{head}{''.join(rows)}")


if __name__ == "__main__":
    with errors_shown():
        write()
