"""Starting and stopping of programs with their children."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest

from errors import PlatformError
from local.process_trees import RunningProgram
from local.processes import Processes, Program, installer_variables
from tests.waits import DEADLINE_SECONDS, wait_until

PARENT = "import subprocess, sys, time; subprocess.Popen(['sleep', '600']); time.sleep(600)"
IGNORES_TERMINATION = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""
STARTS_ANOTHER_AT_ITS_END = """
import signal, subprocess, sys, time
def end(*_):
    print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(600)
"""


def program(tmp_path: Path, code: str, name: str = "thing") -> Program:
    return Program(
        name=name,
        argv=[sys.executable, "-c", code],
        env=dict(os.environ),
        cwd=tmp_path,
        log=tmp_path / f"{name}.log",
    )


def family(pid: int, count: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    wait_until("It has its children", lambda: len(parent.children()) >= count)
    return [parent, *parent.children()]


def runs(process: psutil.Process) -> bool:
    """Whether it has not ended, be it that nobody has taken note of its end."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_stopping_from_another_command_ends_the_program_and_its_children(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "processes.json")
    processes.start(program(tmp_path, PARENT))
    members = family(processes.started[0].pid, 1)
    assert len(members) == 2

    Processes.recorded(tmp_path / "processes.json").stop()

    assert not any(map(runs, members))
    assert not (tmp_path / "processes.json").exists()


@pytest.mark.parametrize("record", [None, "", "[{", "{}", "[1]", '[{"name": "thing"}]', "\xff"])
def test_a_lost_or_damaged_record_keeps_nothing_from_being_stopped(
    tmp_path: Path, record: str | None
) -> None:
    one, other = (Processes(tmp_path / each / "processes.json") for each in ("one", "other"))
    for processes in (one, other):
        processes.start(program(tmp_path, PARENT))
    members = family(one.started[0].pid, 1)
    one.record.unlink()
    if record is not None:
        one.record.write_text(record, encoding="latin-1")

    found = Processes.recorded(one.record)
    assert len(found.running()) == 1
    found.stop()

    assert not any(map(runs, members))
    assert [each.pid for each in other.running()] == [other.started[0].pid]
    other.stop()


def test_a_record_is_whole_whenever_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed in the middle of the second write."""
    processes = Processes(tmp_path / "processes.json")
    processes.start(program(tmp_path, PARENT))
    before = processes.record.read_bytes()
    monkeypatch.setattr("os.fsync", Mock(side_effect=OSError(errno.ENOSPC, "No space left")))
    with pytest.raises(OSError, match="No space"):
        processes.start(program(tmp_path, PARENT, "another"))
    monkeypatch.undo()
    assert processes.record.read_bytes() == before
    processes.stop()


@pytest.mark.parametrize("spelling", ["no_proxy", "NO_PROXY"])
def test_a_program_gets_no_setting_by_accident_and_never_a_proxy_to_this_machine(
    monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AIRFLOW__CORE__FERNET_KEY", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    monkeypatch.setenv("UV_INDEX_URL", "https://index.example.com/simple")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv(spelling, "index.example.com")

    variables = installer_variables()

    assert "canary" not in variables.values()
    assert variables["UV_INDEX_URL"] == "https://index.example.com/simple"
    assert variables["https_proxy"] == "http://proxy.example.com:3128"
    for name in ("no_proxy", "NO_PROXY"):
        assert {"127.0.0.1", "localhost", "index.example.com"} <= {*variables[name].split(",")}


def test_children_that_outlived_their_parent_are_stopped(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "processes.json")
    processes.start(program(tmp_path, PARENT))
    parent, child = family(processes.started[0].pid, 1)
    parent.kill()
    parent.wait()

    processes.stop()

    assert not runs(child)


def test_what_a_program_starts_at_its_end_is_stopped_too(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "processes.json")
    processes.start(program(tmp_path, STARTS_ANOTHER_AT_ITS_END))
    log = tmp_path / "thing.log"
    processes.wait_until(lambda: "ready" in log.read_text(), "thing", seconds=DEADLINE_SECONDS)

    processes.stop()

    another = int(log.read_text().split()[-1])
    assert not psutil.pid_exists(another) or not runs(psutil.Process(another))


def test_a_program_that_ignores_the_request_is_ended_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.process_trees.STOP_TIMEOUT_SECONDS", 0.5)
    processes = Processes(tmp_path / "processes.json")
    processes.start(program(tmp_path, IGNORES_TERMINATION))
    log = tmp_path / "thing.log"
    processes.wait_until(lambda: "ready" in log.read_text(), "thing", seconds=DEADLINE_SECONDS)
    ignoring = psutil.Process(processes.started[0].pid)

    processes.stop()

    assert not runs(ignoring)


def test_a_process_that_only_reuses_the_id_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as somebody_elses:
        stale = RunningProgram(name="thing", pid=somebody_elses.pid, created=1.0, log="thing.log")
        Processes(tmp_path / "processes.json", [stale]).stop()
        assert somebody_elses.poll() is None
        somebody_elses.kill()


def test_a_program_that_ends_while_starting_is_reported_with_its_last_words(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "processes.json")
    processes.start(program(tmp_path, "raise SystemExit('the disk is full')"))
    with pytest.raises(PlatformError) as caught:
        processes.wait_until(lambda: False, "thing", seconds=DEADLINE_SECONDS)
    assert caught.value.message == "thing stopped while it was starting."
    assert "the disk is full" in caught.value.remedy
    assert caught.value.place == str(tmp_path / "thing.log")


def test_one_of_several_that_ends_is_reported_at_once(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "processes.json")
    processes.start(program(tmp_path, "import time; time.sleep(600)"))
    processes.start(program(tmp_path, "raise SystemExit('the disk is full')", "other"))
    with pytest.raises(PlatformError, match="other stopped while it was starting"):
        processes.wait_until(lambda: False, "thing", "other", seconds=DEADLINE_SECONDS)
    processes.stop()


def test_a_program_that_never_answers_is_reported(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "processes.json")
    processes.start(program(tmp_path, "import time; time.sleep(600)"))
    with pytest.raises(PlatformError, match="did not answer within 1 seconds"):
        processes.wait_until(lambda: False, "thing", seconds=1)
    processes.stop()


def test_some_programs_end_with_their_children_and_the_others_run_on(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "processes.json")
    ended = family(processes.start(program(tmp_path, PARENT, "ended")).pid, 1)
    kept = family(processes.start(program(tmp_path, PARENT, "kept")).pid, 1)
    try:
        Processes.recorded(processes.record).end({"ended"})

        assert not any(map(runs, ended))
        assert all(map(runs, kept))
        [left] = Processes.recorded(processes.record).started
        assert left.name == "kept"
    finally:
        processes.stop()
