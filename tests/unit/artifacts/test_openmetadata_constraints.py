"""Under which constraints OpenMetadata's client is installed, and what a team may add to it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from artifacts.conflict import ConflictError
from artifacts.openmetadata_constraints import (
    CONSTRAINTS_FILE,
    INSTALLED_CONSTRAINTS,
    UNPINNED,
    relaxed_constraints,
)
from artifacts.plugins import build_plugins
from artifacts.requirements import (
    merged_requirements,
)
from mwaa.constraints import constraints
from mwaa.versions import AIRFLOW_VERSIONS, airflow_version
from tests.lineage import ATLAN, openmetadata, resolved

VERSION = airflow_version("2.10.3")
BACKEND = openmetadata("1.10.14")
OURS = resolved(BACKEND).requirements
AIRFLOW_2 = [each for each in AIRFLOW_VERSIONS.values() if each.major == 2]

NOT_THE_CUSTOMERS = {
    "apache-airflow",
    "billiard",
    "celery",
    "flask",
    "flask-appbuilder",
    "flask-session",
    "gevent",
    "greenlet",
    "gunicorn",
    "kombu",
    "sqlalchemy",
    "sqlalchemy-utils",
    "statsd",
    "vine",
    "watchtower",
}
"""Of what AWS's images have in `mwaa_essential_constraints.txt`, which no customer may override."""


def held(version: str) -> dict[str, str]:
    """What the shipped file says, by package."""
    lines = relaxed_constraints(AIRFLOW_VERSIONS[version]).splitlines()
    read = [Requirement(line) for line in lines]
    return {canonicalize_name(each.name): str(each.specifier) for each in read}


def shipped(directory: Path, *catalogues: dict[str, Any]) -> dict[str, str]:
    """The texts in plugins.zip."""
    with zipfile.ZipFile(build_plugins(resolved(*catalogues), directory=directory)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_requirements_name_the_constraints_that_plugins_bring(tmp_path: Path) -> None:
    first, *rest = merged_requirements(version=VERSION, ours=OURS).content.splitlines()
    assert first == '--constraint "/usr/local/airflow/plugins/mwaa_platform_constraints.txt"'
    assert "openmetadata-ingestion==1.10.14.*" in rest
    assert Path(INSTALLED_CONSTRAINTS).name in shipped(tmp_path, ATLAN, BACKEND)


def test_other_catalogues_keep_airflows_own(tmp_path: Path) -> None:
    assert CONSTRAINTS_FILE not in shipped(tmp_path, ATLAN)
    ours = resolved(ATLAN).requirements
    assert VERSION.constraints_url in merged_requirements(version=VERSION, ours=ours).content


@pytest.mark.parametrize("version", [each.version for each in AIRFLOW_2 if each.amazon_provider])
def test_all_is_held_but_what_gives_way(version: str) -> None:
    known = constraints(version)
    kept = held(version)
    assert kept["apache-airflow"] == f"=={version}"
    providers = {name for name in known if name.startswith("apache-airflow-")}
    for name in {*providers, *(NOT_THE_CUSTOMERS & {*known})}:
        assert kept[name] == f"=={known[name]}"
    assert {*known} - {*kept} <= UNPINNED
    assert {"chardet", "boto3"}.isdisjoint(kept)


def test_of_an_image_that_is_not_known_airflow_alone_is_held() -> None:
    assert held("2.6.3")["apache-airflow"] == "==2.6.3"
    assert "sqlalchemy" not in held("2.6.3")


@pytest.mark.parametrize(
    "line",
    [
        "chardet==4.0.0",
        "boto3>=1.41",
        "dbt-core",
        "dbt-core<1.9",
        "urllib3>=2.5",
        f"-c {INSTALLED_CONSTRAINTS}",
        f"-c {VERSION.constraints_url}",
    ],
)
def test_a_team_may_ask_for_what_gave_way(line: str, tmp_path: Path) -> None:
    team = tmp_path / "requirements.txt"
    team.write_text(line)
    assert merged_requirements(version=VERSION, ours=OURS, team=team)


@pytest.mark.parametrize("line", ["sqlalchemy==2.0.1", "dbt-core>=1.10", "urllib3<2", "pandas==1"])
def test_what_did_not_give_way_is_held_as_ever(line: str, tmp_path: Path) -> None:
    team = tmp_path / "requirements.txt"
    team.write_text(line)
    with pytest.raises(ConflictError, match=r"requirements\.txt, line 1"):
        merged_requirements(version=VERSION, ours=OURS, team=team)


def test_nothing_of_a_teams_stands_in_for_the_constraints(tmp_path: Path) -> None:
    team = tmp_path / "plugins"
    team.mkdir()
    (team / CONSTRAINTS_FILE).touch()
    with pytest.raises(ConflictError, match=CONSTRAINTS_FILE):
        build_plugins(resolved(BACKEND), team=team, directory=tmp_path)
