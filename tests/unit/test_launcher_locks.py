"""The launcher installs what its lock holds, and nothing else."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from uv import find_uv_bin

from local.layout import ROOT
from tests.package_index import PackageIndex, package_index, tampered_index

FILES = ("mwaa-platform", "requirements.txt", "requirements.lock", "constraints.txt")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for name in (*FILES, "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def index() -> Iterator[PackageIndex]:
    with tampered_index(ROOT / "requirements.lock") as running:
        yield running


def launch(project: Path, index: PackageIndex, **variables: str) -> str:
    """Runs the launcher, which fails; returns what it said."""
    ended = subprocess.run(
        [project / "mwaa-platform", "--help"],
        env={"PATH": os.environ["PATH"], **index.settings(project / "cache"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert not [*(project / ".venv").glob(".installed-*")]
    return ended.stderr


def has_uv(project: Path) -> None:
    """Makes .venv as the launcher does, with an honest uv."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project / ".venv"], check=True)
    (project / ".venv/bin/uv").symlink_to(find_uv_bin())


def source_distribution(built: Path) -> bytes:
    """A package that has to be built, whose build leaves a file."""
    content = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
        'backend-path = ["."]\n',
        "backend.py": f"open({str(built)!r}, 'w').close()\n",
        "PKG-INFO": "Metadata-Version: 2.2\nName: own\nVersion: 1.0\n",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in content.items():
            member = tarfile.TarInfo(f"own-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def modules(project: Path) -> list[str]:
    return [path.parent.name for path in (project / ".venv").rglob("*-packages/*/__init__.py")]


def test_a_tampered_uv_is_refused(project: Path, index: PackageIndex) -> None:
    said = launch(project, index)
    assert "HASHES" in said
    assert "mwaa-platform: uv could not be installed." in said
    assert any(name.startswith("uv-") for name in index.taken)
    assert "uv" not in modules(project)


def test_a_tampered_package_is_refused(project: Path, index: PackageIndex) -> None:
    has_uv(project)
    said = launch(project, index)
    assert "Hash mismatch" in said
    assert "mwaa-platform: the packages of requirements.lock could not be installed." in said
    assert modules(project) == []


@pytest.mark.parametrize("line", ["own.tool==1.0", "Boto3==1.0", "httpx>=0.28", "own[more]==1; x"])
def test_a_requirement_that_is_not_locked_is_named(
    project: Path, index: PackageIndex, line: str
) -> None:
    has_uv(project)
    with (project / "requirements.txt").open("a") as requirements:
        requirements.write(f"{line}\n")
    said = launch(project, index)
    assert f"does not have these lines of requirements.txt: {line.split(maxsplit=1)[0]}." in said
    assert '".venv/bin/python -m locks"' in said


def test_a_package_is_built_only_on_demand(project: Path) -> None:
    has_uv(project)
    built = project / "built"
    source = source_distribution(built)
    (project / "requirements.txt").write_text("own==1.0\n")
    (project / "requirements.lock").write_text(
        f"own==1.0 \\\n    --hash=sha256:{hashlib.sha256(source).hexdigest()}\n"
    )
    with package_index({"own-1.0.tar.gz": source}) as index:
        assert "building from source is disabled" in launch(project, index)
        assert not built.exists()
        launch(project, index, MWAA_PLATFORM_BUILD="1")
    assert built.exists()
