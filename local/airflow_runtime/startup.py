"""The startup script of an environment, run as on MWAA."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from errors import PlatformError, last_lines

COMPONENT = "MWAA_AIRFLOW_COMPONENT"
TIMEOUT_SECONDS = 300
BASH_VARIABLES = {"_", "SHLVL", "PWD", "OLDPWD"}
# The output of the script goes to stderr, the variables to stdout, separated by NUL.
COMMAND = 'source "$1" 1>&2 || exit; env -0'


def startup_variables(
    script: Path, variables: Mapping[str, str], *, component: str
) -> dict[str, str]:
    """The variables that the script exports: like MWAA, sources it with bash.

    `variables` is the environment of the script, `component` is `webserver`, `scheduler` or
    `worker`. The script's output is written to a log file next to it. Raises PlatformError when the
    script fails, which keeps MWAA's containers from starting.
    """
    before = {**variables, COMPONENT: component}
    log = script.with_suffix(f".{component}.log")
    with log.open("wb") as file:
        try:
            result = subprocess.run(
                ["bash", "-c", COMMAND, "bash", str(script)],
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
    if result.returncode:
        output = last_lines(log.read_text(errors="replace"))
        raise _failed(log, f"it ended with {result.returncode}:\n{output}")
    after = dict(line.split("=", 1) for line in result.stdout.decode().split("\0") if "=" in line)
    return {
        name: value
        for name, value in after.items()
        if before.get(name) != value and name not in BASH_VARIABLES
    }


def _failed(log: Path, why: str) -> PlatformError:
    return PlatformError(
        f"The startup script does not work: {why}",
        place=str(log),
        remedy="Correct StartupScript: on MWAA the environment would not start either.",
    )
