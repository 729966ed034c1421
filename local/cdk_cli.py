"""The pinned CDK CLI: its command line and its variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from errors import PlatformError
from local.layout import ROOT

CDK = ROOT / "node_modules" / ".bin" / "cdk"
APP = f'exec "{sys.executable}" "{ROOT / "app.py"}"'
"""The command with which the CLI synthesises the application, in any folder.

The CLI's parser takes quotes at both ends of an argument away, so none stands at its beginning.
"""

WRITER = "synth.lock"
"""The lock of a CLI that writes its output; one that reads it has read.<pid>.<number>.lock."""


def require_cdk() -> None:
    """Raises PlatformError where the CLI is not installed."""
    if not CDK.exists():
        raise PlatformError(
            "The CDK CLI is not installed.", place=str(CDK), remedy="Install it: npm ci"
        )


def cdk_command(*arguments: str) -> list[str]:
    """The command line of a command of the CLI whose output goes to a file or another program."""
    return [str(CDK), *arguments, "--ci", "--no-color", "--no-notices"]


def cdk_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of the CLI, which finds our Node.js; `variables` are those of its AWS."""
    path = variables.get("PATH", os.defpath)
    return {
        **variables,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), path]),
        "CDK_DISABLE_CLI_TELEMETRY": "1",
    }


def remove_left_locks(assembly: Path) -> None:
    """Removes the CLI's locks in a folder of its output whose process is gone.

    The CLI itself takes any process with the number of a lock's for the one that made it, so a
    number that was given anew would keep it out. A lock of a program that runs stays.
    """
    for lock in (*assembly.glob(WRITER), *assembly.glob("read.*.lock")):
        number = lock.read_text() if lock.name == WRITER else lock.name.split(".")[1]
        if not (number.strip().isdigit() and _is_node(int(number))):
            lock.unlink(missing_ok=True)


def _is_node(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and "node" in process.name()
    except psutil.NoSuchProcess:
        return False
