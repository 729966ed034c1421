"""The startup script of an environment, run as MWAA runs it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from errors import PlatformError, last_lines

COMPONENT = "MWAA_AIRFLOW_COMPONENT"
TIMEOUT_SECONDS = 300
BASHS_OWN = {"_", "SHLVL", "PWD", "OLDPWD"}
# Whatever the script prints goes to its log; the variables come alone, parted by NUL.
SOURCED = 'source "$1" 1>&2 || exit; env -0'


def startup_variables(
    script: Path, variables: Mapping[str, str], *, component: str
) -> dict[str, str]:
    """What the script exports: MWAA has bash source it, and keeps the environment that it leaves.

    `variables` are those that the script finds, `component` is `webserver`, `scheduler` or
    `worker`. The script's output is kept beside it. Raises PlatformError when the script fails,
    where MWAA's containers would not start.
    """
    before = {**variables, COMPONENT: component}
    log = script.with_suffix(f".{component}.log")
    with log.open("wb") as file:
        try:
            done = subprocess.run(
                ["bash", "-c", SOURCED, "bash", str(script)],
                env=before,
                cwd=script.parent,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise _failed(log, "there is no bash on this machine") from None
        except subprocess.TimeoutExpired:
            raise _failed(log, f"it runs longer than {TIMEOUT_SECONDS} seconds") from None
    if done.returncode:
        said = last_lines(log.read_text(errors="replace"))
        raise _failed(log, f"it ended with {done.returncode}:\n{said}")
    after = dict(line.split("=", 1) for line in done.stdout.decode().split("\0") if "=" in line)
    return {
        name: value
        for name, value in after.items()
        if before.get(name) != value and name not in BASHS_OWN
    }


def _failed(log: Path, why: str) -> PlatformError:
    return PlatformError(
        f"The startup script does not work: {why}",
        place=str(log),
        remedy="On MWAA the environment would not start either: mend the StartupScript.",
    )
