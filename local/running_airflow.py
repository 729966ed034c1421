"""Programs that run as an Airflow of this machine does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psutil

from errors import PlatformError
from local.processes import Processes

SCHEDULER = "scheduler"
TIMEOUT_SECONDS = 300.0


def run_as_airflow(state: Path, environment: str, program: Path, *, given: str) -> str:
    """Runs a Python file with the interpreter and the variables of a running environment's tasks.

    `state` is the folder of the local run, `given` the program's standard input. Returns its
    output; what it says on standard error is dropped. Raises PlatformError where that Airflow does
    not run, or the program fails.
    """
    processes = Processes.recorded(state / "processes.json")
    wanted = f"{environment} {SCHEDULER}"
    scheduler = next((each.process() for each in processes.started if each.name == wanted), None)
    if scheduler is None:
        raise PlatformError(
            f"Airflow of {environment} does not run on this machine.",
            place=str(state),
            remedy="Start it again: ./mwaa-platform up",
        )
    try:
        done = subprocess.run(
            [scheduler.cmdline()[0], str(program)],
            env=scheduler.environ(),
            cwd=scheduler.cwd(),
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=True,
        )
    except (subprocess.SubprocessError, psutil.Error) as error:
        raise PlatformError(
            f"Airflow of {environment} could not be asked ({type(error).__name__}).",
            place=str(state / "airflow" / environment),
            remedy="Look whether its scheduler runs (its log is there), and run this again.",
        ) from None
    return done.stdout
