"""Locks that a CDK CLI left in its output, when it was killed, keep nobody out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.cdk_cli import remove_left_locks


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def locks(folder: Path, pid: object) -> list[Path]:
    made = [folder / "synth.lock", folder / f"read.{pid}.1.lock"]
    for each in made:
        each.write_text(str(pid))
    return made


def test_a_lock_whose_process_is_gone_is_removed(gone: int, tmp_path: Path) -> None:
    left = locks(tmp_path, gone)
    (tmp_path / "manifest.json").write_text("{}")

    remove_left_locks(tmp_path)

    assert not any(each.exists() for each in left)
    assert (tmp_path / "manifest.json").exists()


@pytest.mark.parametrize("pid", [os.getpid(), "", "nonsense"], ids=["this one", "none", "nonsense"])
def test_a_lock_whose_number_is_another_programs_is_removed(pid: object, tmp_path: Path) -> None:
    left = locks(tmp_path, pid)
    remove_left_locks(tmp_path)
    assert not any(each.exists() for each in left)


def test_a_lock_of_a_cli_that_runs_stays(tmp_path: Path) -> None:
    node = Path(sys.executable).with_name("node")
    with subprocess.Popen(
        [node, "-e", "console.log(1); process.stdin.resume()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as running:
        assert running.stdout
        assert running.stdin
        running.stdout.readline()
        left = locks(tmp_path, running.pid)
        remove_left_locks(tmp_path)
        assert all(each.exists() for each in left)
        running.stdin.close()
        running.kill()


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    remove_left_locks(tmp_path / "cdk.out")
