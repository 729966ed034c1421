"""Runs of the CDK CLI, whose output goes to a log file without what may be a secret."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO

from cli.explain.redaction import redacted
from errors import PlatformError, last_lines
from local.cdk_cli import APP, cdk_command, cdk_variables

END_SECONDS = 10


@dataclass(frozen=True, kw_only=True)
class CdkCli:
    """The CLI in a folder; `variables` are the environment that leads it to its AWS."""

    folder: Path
    variables: Mapping[str, str]
    log: Path

    def synthesise(self, output: Path) -> None:
        """Synthesises the folder's configuration into `output`, with the bundles of its assets.

        Raises PlatformError where that fails.
        """
        arguments = ("synth", "--quiet", "--app", APP, f"--output={output}")
        with self.started(*arguments) as process:
            process.wait()
        if process.returncode:
            raise self.failed_error("The configuration cannot be synthesised.")

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command of the CLI, which is ended with the block."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            cdk_command(*arguments),
            cwd=self.folder,
            env=cdk_variables(self.variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A Ctrl-C is for this command, which ends the CLI itself.
            start_new_session=True,
        )
        try:
            writer = Thread(target=_write_redacted, args=(process.stdout, self.log), daemon=True)
            writer.start()
            yield process
            process.wait()
            writer.join()
        finally:
            _end(process)

    def failed_error(self, message: str) -> PlatformError:
        """Error of a command that failed, with the end of the log."""
        said = last_lines(self.log.read_text(errors="replace"))
        return PlatformError(
            message, place=str(self.log), remedy=f"The end of that file says why:\n{said}"
        )


def _write_redacted(output: IO[str], log: Path) -> None:
    with output, log.open("a") as file:
        for line in output:
            file.write(redacted(line))
            file.flush()


def _end(process: subprocess.Popen[str]) -> None:
    """Ends the CLI and what it has started, if it has not ended by itself."""
    try:
        _end_by(process, signal.SIGTERM)
    finally:
        # A second Ctrl-C ends the wait, and must not leave a CLI that deploys without the lock.
        _end_by(process, signal.SIGKILL)


def _end_by(process: subprocess.Popen[str], number: signal.Signals) -> None:
    if process.poll() is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)
