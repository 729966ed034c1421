"""Three kinds of team, checked as their pull requests would be: hardly anything of them is wrong.

Without being asked, requirements are resolved for two versions and one team's DAGs are imported:
each pair of team and version has an Airflow of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _pytest.mark import ParameterSet

from cli.check.loading import check_loading
from cli.check.requirements import check_requirements
from errors import Finding
from mwaa.constraints import installed
from tests.documents.teams_table import pins
from tests.matrix.versions import BY_DEFAULT
from tests.sample_teams import TEAMS, VERSIONS, WRONG, shipped_by

IMPORTED_BY_DEFAULT = ("marts", "3.3.1")


def pairs(*, imported: bool = False) -> Iterator[ParameterSet]:
    """Each team with each version."""
    for version in VERSIONS:
        for team in TEAMS:
            marks = [] if version in BY_DEFAULT else [pytest.mark.all_versions]
            if imported and not marks and (team, version) != IMPORTED_BY_DEFAULT:
                marks = [pytest.mark.long]
            yield pytest.param(team, version, marks=marks)


def wrong(findings: list[Finding]) -> list[str]:
    return [f"{each.subject}: {each.message}" for each in findings if each.is_wrong]


@pytest.mark.parametrize(("team", "version"), tuple(pairs()))
def test_what_a_team_asks_for_fits_the_image_and_has_its_versions(team: str, version: str) -> None:
    with shipped_by(team, version) as shipped:
        found = list(check_requirements(shipped))
    assert wrong(found) == []
    for name, pin in pins(team, version).items():
        assert name in installed(version) or f"{name} {pin}" in found[0].message


@pytest.mark.parametrize(("team", "version"), tuple(pairs(imported=True)))
def test_a_teams_plugins_and_dags_are_imported(team: str, version: str) -> None:
    with shipped_by(team, version) as shipped:
        found = list(check_loading(shipped))
    known = WRONG.get((team, version))
    assert wrong(found) == ([known] if known else [])
    assert {each.subject for each in found} - {"containment", "Python"} == {"plugins", "DAGs"}
    assert found[-1].message.startswith("1 DAG in 1 file;")
