"""The authenticator's bundle, built with its packages."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import aws_cdk as cdk
import pytest

from authenticator import settings
from locks import AUTHENTICATOR, Lock
from mwaa_platform.sign_in.authenticator_bundle import (
    SOURCE,
    AuthenticatorBundle,
    BundlingError,
    build,
)
from tests.package_index import tampered_index

LISTING = '[{"name": "one"}]\n'
DECISION = Path(__file__).parents[2] / "samples" / "decisions" / "by_group_name.py"
ELF, X86_64 = b"\x7fELF", 0x3E


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    build(folder, LISTING, DECISION)
    return folder


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_is_small(bundle: Path, tmp_path: Path) -> None:
    archive = tmp_path / "bundle.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name in _files(bundle):
            target.write(bundle / name, name)

    assert archive.stat().st_size < 6_000_000


def test_its_binaries_are_for_the_function(bundle: Path) -> None:
    binaries = [
        path for path in bundle.rglob("*") if path.is_file() and path.read_bytes()[:4] == ELF
    ]

    assert binaries
    for path in binaries:
        assert int.from_bytes(path.read_bytes()[18:20], "little") == X86_64
        assert "cpython-313-x86_64-linux-gnu" in path.name or "abi3" in path.name


def test_it_holds_the_function_and_what_the_portal_lists(bundle: Path) -> None:
    files = set(_files(bundle))

    assert {"authenticator/handler.py", "cryptography/__init__.py", "jinja2/__init__.py"} <= files
    assert json.loads((bundle / "authenticator/environments.json").read_text()) == [{"name": "one"}]


def test_it_holds_a_teams_decision_where_the_function_looks_for_it(bundle: Path) -> None:
    module = bundle / SOURCE.name / settings.TEAM_DECISION_FILE

    assert module.read_bytes() == DECISION.read_bytes()


def test_it_holds_nothing_that_is_not_needed(bundle: Path) -> None:
    parts = {part for name in _files(bundle) for part in Path(name).parts}

    assert (
        not {"__pycache__", "tests", "bin", "pycparser", "requirements.txt", "requirements.lock"}
        & parts
    )
    assert not [part for part in parts if part.endswith((".dist-info", ".pyc", ".pyi"))]


def test_it_is_the_same_each_time(bundle: Path, tmp_path: Path) -> None:
    build(tmp_path, LISTING, DECISION)

    assert _files(tmp_path) == _files(bundle)


def test_a_tampered_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tampered_index(AUTHENTICATOR.file) as index:
        for name, value in index.settings(tmp_path / "cache").items():
            monkeypatch.setenv(name, value)
        with pytest.raises(BundlingError, match=r"requirements\.lock could not be") as caught:
            build(tmp_path / "bundle", LISTING)

    assert index.taken
    remedy = caught.value.remedy
    assert "changed the package after it was locked" in remedy
    assert "Hash mismatch" in remedy
    assert len(remedy.splitlines()) <= 3
    assert not [*(tmp_path / "bundle").glob("*/*.py")]


def test_a_package_that_is_not_locked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "authenticator" / "requirements.txt"
    shutil.copytree(SOURCE, source.parent)
    source.write_text(source.read_text().replace("jinja2==", "jinja2==0."))
    monkeypatch.setattr("mwaa_platform.sign_in.authenticator_bundle.LAMBDA_SOURCE", source.parent)
    monkeypatch.setattr(
        "mwaa_platform.sign_in.authenticator_bundle.AUTHENTICATOR", Lock(sources=(source,))
    )
    with pytest.raises(
        BundlingError, match=r"requirements.lock does not have jinja2==0\."
    ) as error:
        build(tmp_path / "bundle", LISTING)

    assert "run .venv/bin/python -m locks" in error.value.remedy


def test_its_name_covers_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "authenticator"
    shutil.copytree(SOURCE, source)
    monkeypatch.setattr("mwaa_platform.sign_in.authenticator_bundle.SOURCE", source)
    before = _asset()
    lock = source / "requirements.lock"
    lock.write_text(lock.read_text().replace("sha256:0", "sha256:1", 1))

    assert _asset() != before


def _asset() -> str:
    """The object's name of the bundle in the bucket of assets."""
    place = AuthenticatorBundle([]).code.bind(cdk.Stack()).s3_location
    assert place
    return place.object_key
