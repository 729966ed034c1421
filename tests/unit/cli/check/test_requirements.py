"""What pip would do with a requirements.txt, against an index on loopback."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cli.check import command
from cli.check.conflicts import clashes
from cli.check.requirements import check_requirements
from errors import Finding, Level
from mwaa.constraints import constraints, installed
from tests.package_index import PackageIndex, package_index
from tests.unit.artifacts.wheels import make_wheel
from tests.unit.cli.check.team import Team

VERSION = "2.10.3"
PANDAS = constraints(VERSION)["pandas"]
STUBS = installed(VERSION)["boto3-stubs"]
FREE = "boto3-stubs"
"""A package that the image has and nothing holds."""

WELL = Finding(level=Level.OK, subject="other", message="is well")
FAILED = Finding(subject="x", message="It failed.", remedy="The end says:\n✓ forged")


def source(name: str, version: str) -> bytes:
    """A source distribution whose metadata can be read without building it."""
    content = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n".encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo(f"{name}-{version}/PKG-INFO")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
        toml = b'[build-system]\nrequires = ["setuptools"]\n'
        member = tarfile.TarInfo(f"{name}-{version}/pyproject.toml")
        member.size = len(toml)
        archive.addfile(member, io.BytesIO(toml))
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def _requirements_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Airflow is installed."""
    monkeypatch.setattr(command, "CHECKS", {"requirements": check_requirements})


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    folder = tmp_path / "index"
    folder.mkdir()
    for name, version, requires in (
        ("pandas", PANDAS, ()),
        ("pandas", "99.0", ()),
        ("modern", "1.0", ("pandas>=99",)),
        ("modest", "1.0", ("pandas",)),
        ("needy", "1.0", ("modest", "pandas")),
        ("eager", "1.0", (f"{FREE}>=9999",)),
        (FREE, STUBS, ()),
        (FREE, "9999.0", ()),
        ("other", "1.0", (f"{FREE}<9999",)),
    ):
        make_wheel(folder, name, version, requires=requires)
    files = {each.name: each.read_bytes() for each in folder.iterdir()}
    files["compiled-1.0.tar.gz"] = source("compiled", "1.0")
    files["broken-1.0.tar.gz"] = b"no archive"
    with package_index(files) as index:
        for name, value in index.settings(tmp_path / "cache").items():
            monkeypatch.setenv(name, value)
        yield index


@pytest.mark.usefixtures("index")
def test_what_is_installed_is_told_apart_from_what_the_image_has(team: Team) -> None:
    team.require("modest", "pandas", FREE)
    found = team.findings(AirflowVersion=VERSION, Requirements="requirements.txt")
    assert {name: each["wrong"] for name, each in found.items()} == {"requirements.txt": None}
    note = found["requirements.txt"]["note"]
    assert "modest 1.0" in note
    assert FREE not in note


@pytest.mark.usefixtures("index")
def test_a_dependency_without_a_hash_is_named_where_lines_have_one(
    team: Team, tmp_path: Path
) -> None:
    wheel = tmp_path / "index" / "needy-1.0-py3-none-any.whl"
    team.require(f"needy==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}")
    found = team.findings(AirflowVersion=VERSION, Requirements="requirements.txt")
    assert "would install nothing" in found["modest"]["wrong"]
    assert [name for name, each in found.items() if each["wrong"]] == ["modest", "pandas"]


@pytest.mark.usefixtures("index")
def test_a_package_of_the_image_that_changes_is_named_with_both_versions(team: Team) -> None:
    team.require("eager")
    found = team.findings(AirflowVersion=VERSION, Requirements="requirements.txt")
    assert found[FREE]["note"] == f"of the image changes from {STUBS} to 9999.0"


@pytest.mark.usefixtures("index")
def test_a_conflict_with_the_image_names_both_sides_and_ends_with_1(team: Team) -> None:
    team.require("modest", "modern")
    said = team.check(AirflowVersion=VERSION, Requirements="requirements.txt")
    assert said.status == 1
    assert "Every version of modern depends on pandas>=99" in said.said
    assert f"pin it to {PANDAS}" in said.said


@pytest.mark.usefixtures("index")
def test_a_conflict_among_the_teams_own_is_told_in_the_resolvers_words(team: Team) -> None:
    team.require("eager", "other")
    found = team.findings(AirflowVersion=VERSION, Requirements="requirements.txt")
    wrong = found["requirements.txt"]["wrong"]
    assert "eager" in wrong
    assert "other" in wrong


@pytest.mark.usefixtures("index")
def test_a_package_without_a_wheel_is_built_with_internet_and_an_error_without(team: Team) -> None:
    team.require("compiled")
    found = team.findings(AirflowVersion=VERSION, Requirements="requirements.txt")
    assert found["compiled"]["level"] == "warning"
    found = team.findings(AirflowVersion=VERSION, Requirements="requirements.txt", NatGateways=0)
    assert found["compiled"]["level"] == "error"


@pytest.mark.usefixtures("index")
def test_a_dependency_that_is_not_among_the_wheels_is_named(team: Team) -> None:
    wheels = team.folder / "wheels"
    wheels.mkdir()
    make_wheel(wheels, "own", "1.0", requires=["modest"])
    team.require("own")
    keys = {"AirflowVersion": VERSION, "Requirements": "requirements.txt", "NatGateways": 0}
    found = team.findings(**keys, Wheels="wheels")
    assert "modest 1.0 is needed" in found["modest"]["wrong"]
    make_wheel(wheels, "modest", "1.0", requires=[FREE])
    found = team.findings(**keys, Wheels="wheels")
    assert [name for name, each in found.items() if each["wrong"]] == []


def test_without_network_it_says_why_nothing_is_known(
    team: Team, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    team.require("modest")
    found = team.findings(AirflowVersion=VERSION, Requirements="requirements.txt")
    assert found["requirements.txt"]["not_tried"]
    assert "does not answer" in found["requirements.txt"]["note"]


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("line", "subject", "wrong"),
    [
        ("nowhere", "nowhere", "The package index does not have it."),
        ("modest==9", "modest", "The package index has no version ==9."),
        ("broken", "broken", "It has no wheel, and its build fails here"),
    ],
)
def test_what_the_index_lacks_or_cannot_be_built_is_named_with_its_line(
    team: Team, line: str, subject: str, wrong: str
) -> None:
    team.require("# ours", line)
    found = team.findings(AirflowVersion=VERSION, Requirements="requirements.txt")[subject]
    assert found["wrong"].startswith(wrong)
    assert found["where"].endswith("requirements.txt, line 2")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--allow-network",), "It has no effect without --run-startup or --run."),
        (("--junit", "nowhere/check.xml"), "There is no folder"),
    ],
)
def test_an_option_that_can_have_no_effect_is_refused_first(
    team: Team, options: tuple[str, ...], told: str
) -> None:
    said = team.check(*options, AirflowVersion=VERSION)
    assert said.status == 2
    assert told in said.err


@pytest.mark.usefixtures("index")
def test_junit_and_markdown_have_what_is_wrong(team: Team) -> None:
    team.require("modern")
    report = team.folder / "check.xml"
    keys = {"AirflowVersion": VERSION, "Requirements": "requirements.txt"}
    said = team.check("--markdown", "--junit", str(report), **keys)
    assert "**pandas** Every version of modern depends on pandas" in said.out
    [suite] = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314 - our own file
    assert suite.attrib["name"] == "analytics: requirements"
    assert suite.attrib["failures"] == "1"
    assert "pandas>=99" in suite.findall("testcase/failure")[0].attrib["message"]


def test_a_folder_for_junit_that_is_not_there_is_told_before_anything_is_checked(
    team: Team,
) -> None:
    said = team.check("--junit", str(team.folder / "nowhere" / "check.xml"))
    assert said.status == 2
    assert "There is no folder" in said.said
    assert "What environments will get" not in said.said


def test_what_is_not_tried_is_told_at_the_end_whatever_follows(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Finding(level=Level.SKIPPED, subject="containment", message="not contained")
    monkeypatch.setattr(
        command, "CHECKS", {"one": lambda _: iter([first]), "two": lambda _: iter([WELL, FAILED])}
    )
    said = team.check()
    assert said.said.endswith("Not tried: containment.")
    assert "      do The end says:\n         ✓ forged\n" in said.out


def test_an_environment_that_is_not_in_the_file_ends_with_2(team: Team) -> None:
    assert team.check("--environment", "elsewhere").status == 2
    assert json.loads(team.check("--json").out)[0]["note"] == "asks for nothing"


def test_the_newest_of_very_many_reasons_are_told() -> None:
    """What uv 0.13 says of dbt-snowflake under the constraints of 2.10.3, in part."""
    output = """
         Because all of:
             dbt-core>=1.6.0,<=1.6.19
             dbt-core>=1.7.0,<=1.7.20
         depend on urllib3>=1.0,<2.dev0 and urllib3==2.2.3, we can conclude that all of:
         Because dbt-common>=1.28.0,<=1.39.0 depends on protobuf>=6.0,<7.0 and dbt-common>=1.0.4
         depends on protobuf==4.25.5, we can conclude that dbt-common cannot be used. (41)
    """
    found = clashes(output, {"urllib3": "2.2.3", "protobuf": "4.25.5"})
    assert [each.wanted for each in found] == [
        "dbt-core>=1.7.0,<=1.7.20 depends on urllib3>=1.0,<2.dev0",
        "dbt-common>=1.28.0,<=1.39.0 depends on protobuf>=6.0,<7.0",
    ]
    assert [each.held for each in found] == ["2.2.3", "4.25.5"]
