"""What holds a program: namespaces, and folders that it sees."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.check.containment import airflow_folders, enclosed, why_not_contained

DEAF = "import ctypes, os, signal, time\nctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n"
"""It gets no signal when its parent ends."""
OWN_SESSION = "os.getsid(0) == os.getpid() or os.setsid()\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (folder := tmp_path / "scratch" / "home").mkdir(parents=True)
    if reason := why_not_contained(folder):
        pytest.skip(reason)
    return folder


def start(home: Path, code: str) -> subprocess.Popen[str]:
    shown = [Path(each).resolve() for each in (sys.base_prefix, sys.prefix)]
    return subprocess.Popen(
        enclosed([sys.executable, "-IS", "-c", code], home, shown, {}),
        env={},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_what_leaves_its_session_and_its_parent_ends_with_the_check(home: Path) -> None:
    process = start(home, f"{DEAF}{OWN_SESSION}print('ready', flush=True)\ntime.sleep(60)")
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGKILL)
    # The pipe is closed when none of them runs.
    process.communicate(timeout=30)


def test_no_signal_reaches_what_is_outside(home: Path) -> None:
    process = start(home, f"{DEAF}os.kill(0, signal.SIGKILL)\nprint('goes on', flush=True)")
    said, _ = process.communicate(timeout=30)
    assert (said, process.returncode) == ("goes on\n", 0)


@pytest.mark.parametrize("folder", ["bin", ".local/bin"])
def test_of_a_python_that_is_linked_from_the_home_the_home_is_not_shown(
    tmp_path: Path, folder: str
) -> None:
    (links := tmp_path / "person" / folder).mkdir(parents=True)
    (environment := tmp_path / "venv").mkdir()
    (link := links / "python3").symlink_to(Path(shutil.which("python3") or "").resolve())
    (environment / "bin").mkdir()
    (environment / "bin" / "python").symlink_to(link)
    (environment / "pyvenv.cfg").write_text(f"home = {links}\n")
    shown = airflow_folders(environment)
    assert links in shown
    assert not [each for each in shown if links.parent.is_relative_to(each)]
