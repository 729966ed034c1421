"""What differs since a revision of git."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from cli.check import command
from cli.check.shipped import ShippedFiles
from errors import Finding
from tests.unit.cli.check.team import Team
from tests.unit.cli.plan.test_revision import git
from tests.unit.config.configurations import with_environment

KEYS = {"AirflowVersion": "2.10.3", "Requirements": "requirements.txt", "Dags": "dags"}


def look(shipped: ShippedFiles) -> Iterator[Finding]:
    """Sees what the files say themselves, in the place of a resolver and an Airflow."""
    file = shipped.sources.requirements
    lines = file.read_text().split() if file else []
    shipped.seen.versions = dict(each.split("==") for each in lines)
    shipped.seen.dags = {each.stem: each.name for each in (shipped.home / "dags").glob("*.py")}
    return iter(())


@pytest.fixture(autouse=True)
def _looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "CHECKS", {"requirements": look})


def keep(team: Team, *lines: str, dags: tuple[str, ...]) -> None:
    """Write the files of an environment."""
    team.require(*lines)
    for old in team.folder.glob("dags/*.py"):
        old.unlink()
    team.write(**{f"dags__{each}": "from airflow import DAG\n" for each in dags})


def since(team: Team, *options: str, **keys: Any) -> Mapping[str, Any]:
    """The findings by subject."""
    said = team.check("--json", *options, **{**KEYS, **keys})
    return {each["subject"]: each for each in json.loads(said.out)}


def commit(team: Team, **keys: Any) -> None:
    """Keep them in git."""
    file = team.folder / "cdk.context.json"
    file.write_text(json.dumps(with_environment(**{**KEYS, **keys})))
    git(team.folder, "init", "--quiet", "--initial-branch=main")
    git(team.folder, "add", ".")
    git(team.folder, "commit", "--quiet", "--message=before")
    git(team.folder, "tag", "before")


def test_packages_and_dags_are_told(team: Team) -> None:
    keep(team, "modest==1.0", "old==3.0", "same==1", dags=("nightly", "weekly"))
    commit(team)
    keep(team, "modest==2.0", "fresh==1.5", "same==1", dags=("nightly", "daily"))
    found = since(team, "--since", "before")
    assert found["packages"]["note"] == (
        "fresh 1.5 is new; modest 1.0 becomes 2.0; old 3.0 is gone"
    )
    assert found["DAGs"]["note"] == "daily is new; weekly is gone"
    assert [name for name, each in found.items() if each["wrong"]] == []
    assert found["packages"]["from"].startswith("analytics: since before (")


def test_what_is_the_same_is_told_as_well(team: Team) -> None:
    keep(team, "same==1", dags=("nightly",))
    commit(team)
    found = since(team, "--since", "before")
    assert found["packages"]["note"].startswith("are those of before (")
    assert found["DAGs"]["note"].startswith("are those of before (")


def test_another_airflow_and_a_package_of_its_image_are_told(team: Team) -> None:
    keep(team, "same==1", dags=("nightly",))
    commit(team)
    keep(team, "boto3-stubs==9999", "same==1", dags=("nightly",))
    found = since(team, "--since", "before", AirflowVersion="2.11.2")
    assert found["Airflow"]["note"] == "changes from 2.10.3 to 2.11.2"
    assert found["packages"]["note"].startswith("boto3-stubs ")
    assert found["packages"]["note"].endswith(" becomes 9999")


def test_a_revision_that_lacks_what_is_compared_is_not_tried(team: Team) -> None:
    keep(team, "same==1", dags=("nightly",))
    commit(team)
    found = since(team, "--since", "before", Name="another")
    assert found["revision"]["note"].endswith("does not have the environment.")
    assert found["revision"]["not_tried"]


def test_what_a_revision_ships_may_be_wrong_today(team: Team) -> None:
    keep(team, "same==1", dags=("nightly",))
    commit(team, AirflowVersion="1.0")
    found = since(team, "--since", "before")
    assert "cannot be built today: 1 mistake" in found["revision"]["note"]


def test_what_is_not_known_of_one_is_not_told(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(team, "same==1", dags=("nightly",))
    commit(team)
    monkeypatch.setattr(command, "CHECKS", {})
    found = since(team, "--since", "before")
    assert found["packages"]["not_tried"]
    assert found["DAGs"]["not_tried"]


def test_a_revision_that_git_does_not_know_is_wrong_use(team: Team) -> None:
    keep(team, dags=("nightly",))
    commit(team)
    said = team.check("--since", "nowhere", Requirements="requirements.txt", Dags="dags")
    assert said.status == 2
    assert "git knows no revision nowhere" in said.said
