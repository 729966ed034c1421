"""The boundary of programs: an error with a remedy, or a defect with its details in a file."""

from __future__ import annotations

import errno
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import boundary
from errors import PlatformError
from local.layout import ROOT

CANARY = "canary-of-a-secret"


def raising(error: Exception) -> Callable[[], None]:
    def block() -> None:
        with boundary.errors_shown():
            raise error

    return block


@pytest.fixture
def details(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for details of defects."""
    folder = tmp_path / "defects"
    monkeypatch.setattr(boundary, "DETAILS", folder)
    return folder


def shown(capsys: pytest.CaptureFixture[str], block: Callable[[], None]) -> tuple[int, str]:
    """The exit status, and what a person reads, in one piece."""
    with pytest.raises(SystemExit) as ended:
        block()
    assert isinstance(ended.value.code, int)
    read = capsys.readouterr()
    assert not read.out
    assert "Traceback" not in read.err
    return ended.value.code, " ".join(read.err.split())


def test_an_error_that_people_can_act_on_is_shown_as_it_is(
    capsys: pytest.CaptureFixture[str], details: Path
) -> None:
    error = PlatformError("No.", remedy="Do this.", place="there")
    assert shown(capsys, raising(error)) == (1, "✗ No. where there do Do this.")
    assert not details.exists()


@pytest.mark.parametrize("error", [IndexError(CANARY), RecursionError(CANARY), OSError(CANARY)])
def test_a_defect_is_one_message_and_its_details_are_for_its_owner_alone(
    capsys: pytest.CaptureFixture[str], details: Path, error: Exception
) -> None:
    status, text = shown(capsys, raising(error))
    assert status == 1
    kind = type(error).__name__
    assert text.startswith(f"✗ This is a defect of MWAA Platform: {kind} in test_boundary.py, line")
    assert "Report it with this file" in text
    assert CANARY not in text
    [file] = details.iterdir()
    assert str(file) in text.replace(" ", "") or file.name in text
    assert CANARY in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_details_go_elsewhere_where_the_projects_folder_takes_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(boundary, "DETAILS", tmp_path / "file" / "defects")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    _, text = shown(capsys, raising(IndexError()))
    [file] = tmp_path.glob("mwaa-platform-*/*.txt")
    assert file.name in text


def test_a_defect_is_told_where_no_file_can_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Exception) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(boundary, "_write_details", refuse)
    status, text = shown(capsys, raising(IndexError()))
    assert status == 1
    assert re.search(
        r"IndexError in test_boundary\.py, line \d+\..* could be written nowhere", text
    )


@pytest.mark.parametrize("number", boundary.REMEDIES)
def test_what_the_machine_refuses_names_the_file(
    capsys: pytest.CaptureFixture[str], details: Path, number: int
) -> None:
    status, text = shown(capsys, raising(OSError(number, "Refused", "/there/file")))
    assert (status, text) == (1, f"✗ Refused. where /there/file do {boundary.REMEDIES[number]}")
    assert not details.exists()


@pytest.mark.parametrize(
    ("program", "broken"),
    [
        ("app.py", "import config.loader as m; m.load_configuration"),
        ("cli/__main__.py", "import cli.commands as m; m.app"),
    ],
)
def test_no_program_shows_a_traceback(tmp_path: Path, program: str, broken: str) -> None:
    code = f"""
import runpy, sys
import boundary, pathlib
boundary.DETAILS = pathlib.Path({str(tmp_path)!r})
def fail(*_, **__): raise IndexError("{CANARY}")
{broken} = fail
sys.argv = ["program"]
runpy.run_path({program!r}, run_name="__main__")
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "defect of MWAA Platform: IndexError" in ran.stderr
    assert CANARY in next(tmp_path.iterdir()).read_text()
