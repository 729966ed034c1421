"""Whether pip agrees with uv."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.check import by_pip
from cli.check.by_pip import UnknownChoiceError, check_pip, image_python
from cli.check.requirements import check_requirements
from cli.check.shipped import ShippedFiles, shipped_files
from errors import Finding, Level
from mwaa.constraints import constraints, installed
from mwaa.versions import airflow_version
from tests.package_index import package_index
from tests.unit.artifacts.wheels import make_wheel
from tests.unit.config.configurations import parse, with_environment

VERSION = "2.10.3"
PANDAS = constraints(VERSION)["pandas"]
STUBS = installed(VERSION)["boto3-stubs"]


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShippedFiles:
    """Files of which uv has found a package above the image's."""
    monkeypatch.setattr(by_pip, "CACHE", tmp_path)
    file = tmp_path / "requirements.txt"
    file.write_text("modest\n")
    keys = {"AirflowVersion": VERSION, "Requirements": str(file)}
    [environment] = parse(with_environment(**keys)).environments
    found = shipped_files(environment, tmp_path / "shipped")
    found.seen.versions = {"modest": "1.0", "boto3-stubs": STUBS}
    return found


def only(shipped: ShippedFiles) -> Finding:
    [finding] = check_pip(shipped)
    return finding


@pytest.mark.long
def test_pip_itself_keeps_to_constraints_and_to_what_the_image_has(
    shipped: ShippedFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        python = image_python(airflow_version(VERSION))  # from this machine's index
    except UnknownChoiceError as error:
        pytest.skip(str(error))
    monkeypatch.setattr(by_pip, "image_python", lambda _: python)
    index = tmp_path / "index"
    index.mkdir()
    make_wheel(index, "modest", "1.0", requires=["pandas", "boto3-stubs"])
    make_wheel(index, "modest", "2.0", requires=["pandas>=99"])
    for name, version in (
        ("pandas", PANDAS),
        ("pandas", "99.0"),
        ("boto3-stubs", STUBS),
        ("boto3-stubs", "9999"),
    ):
        make_wheel(index, name, version)
    with package_index({each.name: each.read_bytes() for each in index.iterdir()}) as served:
        for name, value in served.settings(tmp_path / "cache").items():
            monkeypatch.setenv(name, value)
        assert [each for each in check_requirements(shipped) if each.is_wrong] == []
        assert only(shipped).message == "chooses the same versions"


def test_pip_is_asked_again_when_uv_finds_something_else(
    shipped: ShippedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {"modest": "1.0"}
    monkeypatch.setattr(by_pip, "image_python", lambda _: Path("python"))
    monkeypatch.setattr(by_pip, "_dry_run", lambda *_: dict(chosen))
    assert only(shipped).message == "chooses the same versions"
    chosen["modest"] = "0.9"
    assert only(shipped).message == "chooses the same versions"
    shipped.seen.versions = {**(shipped.seen.versions or {}), "fresh": "1.0"}
    found = only(shipped)
    assert found.level is Level.WARNING
    assert "fresh not at all instead of 1.0, modest 0.9 instead of 1.0" in found.message


def test_why_pip_cannot_tell_is_said(
    shipped: ShippedFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failing = tmp_path / "python"
    failing.touch(0o755)
    monkeypatch.setattr(by_pip, "image_python", lambda _: failing)
    failing.write_text("#!/bin/sh\necho 'ERROR: Could not find modest' >&2\nexit 1\n")
    found = only(shipped)
    assert found.level is Level.SKIPPED
    assert found.message == (
        "The resolution is uv's alone: pip could not be asked: Could not find modest"
    )
    failing.write_text("#!/bin/sh\necho 'ERROR: ResolutionImpossible: for help' >&2\nexit 1\n")
    found = only(shipped)
    assert found.level is Level.ERROR
    assert found.message.startswith("It finds no versions that fit")
    said = "In --require-hashes mode, all requirements must have their versions pinned"
    failing.write_text(f"#!/bin/sh\necho 'ERROR: {said}' >&2\nexit 1\n")
    found = only(shipped)
    assert found.level is Level.ERROR
    assert found.message == f"It would install nothing: {said}"


def test_without_the_images_python_the_resolution_is_uvs_alone(
    shipped: ShippedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: object) -> Path:
        raise UnknownChoiceError("the image's Python 3.11 is not on this machine.")

    monkeypatch.setattr(by_pip, "image_python", none)
    found = only(shipped)
    assert found.level is Level.SKIPPED
    assert found.message == (
        "The resolution is uv's alone: the image's Python 3.11 is not on this machine."
    )
