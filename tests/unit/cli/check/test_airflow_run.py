"""What is believed of the answers that come from where a team's code runs."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from cli.check import airflow_run, bounds, in_airflow
from cli.check.airflow_run import AirflowRunError, ForgedAnswerError, Imported, imports
from cli.check.containment import enclosed, why_not_contained
from cli.check.in_airflow import in_child
from cli.check.shipped import ShippedFiles, shipped_files
from tests.unit.config.configurations import parse, with_environment

JOB = {"home": "/nowhere/", "memory": 4 << 30, "contained": False}
PROGRAM = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from in_airflow import own_output
answers = own_output()
number = answers.fileno()
if not os.fork():
    tried = []
    for place in (number, f"/proc/{os.getppid()}/fd/{number}", f"/proc/{os.getppid()}/mem"):
        try:
            with open(place, "w") as stream:
                stream.write("forged")
            tried.append("written")
        except OSError as error:
            tried.append(type(error).__name__)
    with open("tried", "w") as file:
        json.dump(tried, file)
    os._exit(0)
os.wait()
answers.write("own")
"""


@pytest.fixture
def shipped(tmp_path: Path) -> ShippedFiles:
    [environment] = parse(with_environment()).environments
    return shipped_files(environment, tmp_path / "shipped")


def interpreter(folder: Path, script: str) -> Path:
    """A program that takes the place of an Airflow's Python."""
    program = folder / "venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def imported(folder: Path, shipped: ShippedFiles, *answers: Any) -> list[Imported]:
    """What is made of an Airflow's answers."""
    said = "\n".join(map(json.dumps, answers))
    python = interpreter(folder, f"printf '%s\\n' {shlex.quote(said)}")
    return [*imports(python, shipped, contained=False)]


def test_what_is_answered_out_of_turn_is_forged(tmp_path: Path, shipped: ShippedFiles) -> None:
    plugins, first, other = ({"file": each} for each in ("plugins", "a.py", "b.py"))
    with pytest.raises(ForgedAnswerError, match=r"b\.py out of turn"):
        imported(tmp_path, shipped, {"files": ["a.py", "b.py"]}, plugins, other, first, other)


def test_a_file_without_an_answer_is_not_passed_over(tmp_path: Path, shipped: ShippedFiles) -> None:
    with pytest.raises(AirflowRunError):
        imported(tmp_path, shipped, {"files": ["a.py"]}, {"file": "plugins"})


def test_an_answer_of_any_kind_is_read(tmp_path: Path, shipped: ShippedFiles) -> None:
    odd = {"file": "plugins", "errors": 5, "dags": "x", "seconds": [], "limit": float("nan")}
    [only] = imported(tmp_path, shipped, {"files": []}, odd)
    assert only == Imported(
        file="plugins", errors=[], dags=[], calls=[], forks=[], printed="", seconds=0, limit=0
    )


def test_an_answer_without_end_does_not_fill_the_memory(
    tmp_path: Path, shipped: ShippedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(airflow_run, "LONGEST_LINE", 1000)
    with pytest.raises(ForgedAnswerError, match="too much"):
        [*imports(interpreter(tmp_path, "yes | tr -d '\\n'"), shipped, contained=False)]


def test_of_very_much_the_beginning_and_the_end_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_READ", 4)
    assert bounds.ends_of(io.BytesIO(b"beginning, end")) == "begi end"
    assert bounds.ends_of(io.BytesIO(b"begend")) == "begend"


def test_what_an_import_has_started_ends_with_the_check_that_is_left(
    tmp_path: Path, shipped: ShippedFiles
) -> None:
    python = interpreter(
        tmp_path, """sleep 600 & echo '{"files": []}'; echo '{"file": "plugins"}'; wait"""
    )
    found = imports(python, shipped, contained=False)
    next(found)
    [program] = [
        each for each in psutil.Process().children() if str(tmp_path) in str(each.cmdline())
    ]
    started = program.children()
    found.close()  # type: ignore[attr-defined]
    assert started
    assert psutil.wait_procs(started, timeout=30)[1] == []


def test_an_answer_that_cannot_be_read_ends_its_own_import_alone() -> None:
    def work() -> dict[str, Any]:
        frame = sys._getframe()
        while frame.f_back and "writing" not in frame.f_locals:
            frame = frame.f_back
        os.write(frame.f_locals["writing"], b"[" * 60_000)
        os._exit(0)

    assert in_child(JOB, 30, work)["errors"] == ["It ended the process with the status 0."]


def test_what_is_imported_cannot_answer_for_others(tmp_path: Path) -> None:
    (home := tmp_path / "scratch" / "home").mkdir(parents=True)
    if reason := why_not_contained(home):
        pytest.skip(reason)
    code = Path(in_airflow.__file__).parent
    shown = [*(Path(each).resolve() for each in (sys.base_prefix, sys.prefix)), code]
    command = enclosed([sys.executable, "-IS", "-c", PROGRAM, str(code)], home, shown, {})
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=True)
    assert done.stdout == "own"
    assert json.loads((home / "tried").read_text()) == ["OSError", *["PermissionError"] * 2]
