"""Constraints of MWAA's images, equal to what the generator writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from artifacts.conflict import ConflictError
from artifacts.requirements import merged_requirements
from local.pins import locked_versions, pins
from mwaa.constraints import (
    FOLDER,
    apache_file,
    constraints,
    constraints_file,
    differences,
    differs_from_apache,
    essential_file,
    installed,
    installed_file,
)
from mwaa.constraints.__main__ import listed, renewed, written
from mwaa.versions import AIRFLOW_VERSIONS, AirflowVersion

KINDS = ("airflow", "essential", "installed")
PUBLISHED = [each.version for each in AIRFLOW_VERSIONS.values() if each.openlineage_python]


def test_there_is_a_file_for_each_version_whose_pins_are_known_and_no_other() -> None:
    expected = {f"{kind}-{each}.txt" for kind in KINDS for each in PUBLISHED}
    assert {path.name for path in FOLDER.glob("*.txt")} == expected
    assert {*PUBLISHED} == {*locked_versions()}


@pytest.mark.parametrize("version", PUBLISHED)
def test_the_table_of_versions_and_the_locks_agree_with_them(version: str) -> None:
    known, entry = constraints(version), AIRFLOW_VERSIONS[version]
    assert known["apache-airflow-providers-amazon"] == entry.amazon_provider
    assert known["apache-airflow-providers-openlineage"] == entry.openlineage_provider
    assert known["openlineage-python"] == entry.openlineage_python
    locked = dict(
        line.partition(" ")[0].split("==")
        for line in pins(version).read_text().splitlines()
        if not line.startswith("#")
    )
    held = {name: locked[name] for name in locked if canonicalize_name(name) in known}
    assert len(held) > 100
    assert held == {name: known[canonicalize_name(name)] for name in held}


@pytest.mark.parametrize("version", PUBLISHED)
def test_each_file_is_as_its_command_writes_it(version: str) -> None:
    text = constraints_file(version).read_text()
    assert written(version, text) == text


def published(version: AirflowVersion, kind: str) -> str:
    text = {
        "airflow": constraints_file(version.version),
        "apache": constraints_file(version.version),
        "mwaa-essential": essential_file(version.version),
        "python-packages": installed_file(version.version),
    }[kind].read_text()
    if kind == "apache":
        for name, pin in differences().get(version.version, {}).items():
            text += f"{name}=={pin}\n"
    return text


def test_the_differences_from_apaches_are_as_the_command_finds_them() -> None:
    assert all(path.read_text() == text for path, text in renewed(published).items())
    assert differs_from_apache("3.2.1")
    assert not differs_from_apache("3.3.1")


def test_a_bill_of_materials_is_read() -> None:
    bill = "This image has:\nDeprecated\n1.3.1\nMIT\n\nSome text\n2024\n\nown_of-x.y\n2.0rc1\nMIT\n"
    assert listed(bill).splitlines() == ["Deprecated==1.3.1", "own_of-x.y==2.0rc1"]
    assert constraints("3.3.1").keys() > {*installed("3.3.1")} & {"boto3", "requests"}


def test_without_apaches_copy_what_is_known_of_it_stays() -> None:
    def copies(version: AirflowVersion, kind: str) -> str | None:
        return None if kind == "apache" else published(version, kind)

    assert renewed(copies)[apache_file()] == apache_file().read_text()


def test_the_command_takes_a_published_file_as_it_is() -> None:
    source = "# a comment\n\nZope.Event==5.0 # why\nattrs==23.2.0\nattrs==23.2.0\n"
    assert written("3.3.1", source).splitlines()[1:] == ["attrs==23.2.0", "Zope.Event==5.0"]


@pytest.mark.parametrize(
    ("line", "held_to"),
    [
        ("pandas==1.0.0", "pandas=="),
        ("Apache_Airflow.Providers-SNOWFLAKE<1", "apache-airflow-providers-snowflake=="),
    ],
)
def test_a_pin_that_they_do_not_allow_is_refused_with_both_sides(
    line: str, held_to: str, tmp_path: Path
) -> None:
    team = tmp_path / "requirements.txt"
    team.write_text(f"requests\n{line}\n")
    with pytest.raises(ConflictError) as caught:
        merged_requirements(version=AIRFLOW_VERSIONS["2.10.3"], team=team)
    said = str(caught.value)
    assert f"requirements.txt, line 2 ({line}) contradicts {held_to}" in said
    assert "Airflow 2.10.3" in said


@pytest.mark.parametrize("line", ["pandas>=2", "pandas", "a-package-of-ours==1.0", "pandas[excel]"])
def test_what_they_allow_is_left_to_pip(line: str, tmp_path: Path) -> None:
    team = tmp_path / "requirements.txt"
    team.write_text(line)
    assert line in merged_requirements(version=AIRFLOW_VERSIONS["2.10.3"], team=team).content
