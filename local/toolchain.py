"""Programs that run to their end, and what is installed with them: uv's packages and npm's."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from errors import PlatformError, last_lines


def run(
    command: Sequence[str],
    *,
    failure: PlatformError,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
) -> None:
    """Run a program to its end; raises `failure`, with the end of the output, when it fails."""
    result = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        said = f"The end of its output:\n{last_lines(result.stdout)}"
        raise PlatformError(failure.message, place=failure.place, remedy=f"{failure.remedy} {said}")


def run_uv(*arguments: str, failure: PlatformError, stdin: str = "") -> None:
    """Run the uv that requirements.txt brings."""
    run([_beside_python("uv"), *arguments], failure=failure, stdin=stdin)


def virtual_environment(
    folder: Path,
    *,
    python: str,
    requirements: str,
    constraints: Path | None = None,
    failure: PlatformError,
) -> Path:
    """Make a virtual environment in `folder`, unless it is there; returns its interpreter.

    The folder's name must change with all that goes into it. `python` is an interpreter or a range
    of versions, `requirements` the content of a requirements.txt.
    """
    interpreter, stamp = folder / "bin" / "python", folder / ".installed"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests in parallel install once
        if stamp.exists() and interpreter.exists():
            return interpreter
        shutil.rmtree(folder, ignore_errors=True)
        run_uv("venv", "--quiet", "--python", python, str(folder), failure=failure)
        run_uv(
            *("pip", "install", "--quiet", "--python", str(interpreter)),
            # Bytecode now rather than at the first start.
            "--compile-bytecode",
            *("--requirements", "-"),
            *(("--constraints", str(constraints)) if constraints else ()),
            stdin=requirements,
            failure=failure,
        )
        stamp.touch()
    return interpreter


def install_node_packages(folder: Path) -> None:
    """Install what the folder's package-lock.json pins, once for each content of it."""
    pins, stamp = folder / "package-lock.json", folder / "node_modules" / ".installed"
    with pins.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two of npm at once would delete each other's files
        if stamp.exists() and stamp.read_text() == pins.read_text():
            return
        run(
            [_beside_python("npm"), "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=folder,
            failure=PlatformError(
                "npm could not install the pinned packages.",
                place=str(pins),
                remedy="Check the network or npm's registry settings, then try again.",
            ),
        )
        stamp.parent.mkdir(exist_ok=True)  # npm makes none where nothing is pinned
        stamp.write_text(pins.read_text())


def _beside_python(program: str) -> str:
    """A program of the virtual environment, which requirements.txt brings."""
    return str(Path(sys.executable).with_name(program))
