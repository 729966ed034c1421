"""The table of docs/check.md has each kind of team with each version, as they are now."""

from __future__ import annotations

from tests.documents.teams_table import COMMAND, FILE, HEADING, packages
from tests.sample_teams import TEAMS, VERSIONS, WRONG


def test_every_team_and_version_has_a_cell_with_the_packages_of_now() -> None:
    _, _, table = FILE.read_text().partition(HEADING)
    assert COMMAND in table
    rows = [line for line in table.splitlines() if line.startswith(("| 2.", "| 3."))]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")][: len(TEAMS) + 1] for line in rows
    ]
    assert cells == [[version, *(_cell(team, version) for team in TEAMS)] for version in VERSIONS]


def _cell(team: str, version: str) -> str:
    known = WRONG.get((team, version))
    return f"✗ {packages(team, version)}: {known}" if known else f"✓ {packages(team, version)}"
