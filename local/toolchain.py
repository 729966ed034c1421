"""Installation of Python packages with uv and of npm packages."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from errors import PlatformError, failed_program, last_lines
from local.processes import installer_variables


def run(
    command: Sequence[str],
    *,
    failure: PlatformError,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
) -> None:
    """Runs a program to its end; raises `failure`, with the end of the output, if it fails."""
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
        raise failed_program(failure, result.stdout)


def run_uv(*arguments: str, failure: PlatformError, stdin: str = "") -> None:
    """Runs the uv of requirements.txt.

    What it builds runs as the person, whose other variables, such as credentials, it does not get.
    """
    command = [_installed_program("uv"), *arguments]
    run(command, env=installer_variables(), failure=failure, stdin=stdin)


def answer_of_uv(
    *arguments: str, stdin: str, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Runs the uv of requirements.txt, whose failure is an answer too, with these variables."""
    return subprocess.run(
        [_installed_program("uv"), *arguments],
        input=stdin,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def virtual_environment(
    folder: Path,
    *,
    python: str,
    requirements: str,
    constraints: Path | None = None,
    hashed: bool = False,
    failure: PlatformError,
) -> Path:
    """Creates a virtual environment in `folder` unless it exists; returns its interpreter.

    The folder's name must depend on everything that is installed. `python` is an interpreter or a
    version specifier, `requirements` the content of a requirements.txt; with `hashed` nothing is
    installed whose hash it does not have.
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
            # Faster first start.
            "--compile-bytecode",
            *("--requirements", "-"),
            *(("--constraints", str(constraints)) if constraints else ()),
            *(("--require-hashes",) if hashed else ()),
            stdin=requirements,
            failure=failure,
        )
        stamp.touch()
    return interpreter


def locked_environment(folder: Path, lock: Path, *, installs: str) -> Path:
    """Creates a virtual environment for a program, once for each content of its lock file.

    The end of the folder's name depends on that. Returns the Python interpreter. Raises
    PlatformError, which names what it `installs`, when a package cannot be installed.
    """
    pins = lock.read_text()
    digest = hashlib.sha256(f"{sys.version}\n{pins}".encode()).hexdigest()[:12]
    return virtual_environment(
        folder.with_name(f"{folder.name}-{digest}"),
        python=sys.executable,
        requirements=pins,
        hashed=True,
        failure=PlatformError(
            f"{installs} could not be installed.",
            place=str(lock),
            remedy="Check the network or uv's index settings, then try again.",
        ),
    )


def install_node_packages(folder: Path) -> None:
    """Installs the packages of the folder's package-lock.json, once for each content of it."""
    pins, stamp = folder / "package-lock.json", folder / "node_modules" / ".installed"
    with pins.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # concurrent runs of npm delete each other's files
        if stamp.exists() and stamp.read_text() == pins.read_text():
            return
        run(
            [_installed_program("npm"), "ci", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=folder,
            failure=PlatformError(
                "npm could not install the pinned packages.",
                place=str(pins),
                remedy="Check the network or npm's registry settings, then try again.",
            ),
        )
        stamp.parent.mkdir(exist_ok=True)  # npm creates none where nothing is pinned
        stamp.write_text(pins.read_text())


def npm_bill(folder: Path) -> Mapping[str, Any]:
    """The CycloneDX bill of materials of the folder's package-lock.json."""
    options = ("--package-lock-only", "--sbom-format=cyclonedx", "--sbom-type=application")
    result = subprocess.run(
        [_installed_program("npm"), "sbom", *options, "--loglevel=error"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise PlatformError(
            "npm could not list the packages of a lock.",
            place=str(folder / "package-lock.json"),
            remedy=f"The end of its output:\n{last_lines(result.stderr)}",
        )
    bill: Mapping[str, Any] = json.loads(result.stdout)
    return bill


def _installed_program(program: str) -> str:
    """The path of a program in this interpreter's virtual environment."""
    return str(Path(sys.executable).with_name(program))
