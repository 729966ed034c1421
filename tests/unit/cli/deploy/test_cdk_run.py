"""The end of the CDK CLI where its command is interrupted."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.deploy import cdk_run
from cli.deploy.cdk_run import CdkCli

STUBBORN = ("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done")


def test_one_that_does_not_end_is_killed_at_the_second_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdk_run, "cdk_command", lambda *_: STUBBORN)
    monkeypatch.setattr(cdk_run, "cdk_variables", lambda variables: variables)
    cli = CdkCli(folder=tmp_path, variables={"PATH": "/usr/bin:/bin"}, log=tmp_path / "log")
    wait, waits = subprocess.Popen.wait, list[Any]()

    def interrupted(process: Any, timeout: float | None = None) -> int:
        waits.append(timeout)
        if len(waits) == 1:
            raise KeyboardInterrupt
        return wait(process, timeout)

    processes = list[Any]()

    def command() -> None:
        with cli.started("deploy") as process:
            processes.append(process)
            monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        command()
    [process] = processes
    assert process.returncode in {-signal.SIGTERM, -signal.SIGKILL}
