"""A command in a process of its own at a terminal of its own, as a person has it.

`python -m tests.integration.typed <arguments>` is that process: its synthesis is made in it, which
takes less time than the CDK CLI's.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from unittest.mock import patch

from cli.__main__ import main
from cli.deploy.cdk_run import CdkCli
from local.layout import ROOT
from tests.integration.deploying import synthesise_here
from tests.waits import wait_until

CTRL_C = "\x03"
CLOSED = -1


@dataclass(kw_only=True)
class Typed:
    """The command that runs; `shown` is what the terminal has shown so far."""

    process: subprocess.Popen[bytes]
    terminal: int
    shown: str = ""

    @property
    def said(self) -> str:
        """All of its words so far, whatever its lines."""
        self._read()
        return " ".join(self.shown.split())

    def wait_for(self, words: str) -> None:
        """Wait until it has said these words."""
        wait_until(f"{words!r}", lambda: words in self.said)

    def answer(self, text: str) -> None:
        os.write(self.terminal, f"{text}\n".encode())

    def press_ctrl_c(self) -> None:
        os.write(self.terminal, CTRL_C.encode())

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.process.kill()

    def end(self) -> int:
        """Wait for its end; returns its status."""
        # A terminal that nobody reads would hold it.
        wait_until("its end", self._has_ended)
        return self.process.wait()

    def close(self) -> None:
        """Close the terminal; what it has shown stays."""
        self._read()
        os.close(self.terminal)
        self.terminal = CLOSED

    def _has_ended(self) -> bool:
        self._read()
        return self.process.poll() is not None

    def _read(self) -> None:
        with suppress(OSError, ValueError):  # either side has closed it
            while select.select([self.terminal], [], [], 0)[0]:
                self.shown += os.read(self.terminal, 65_536).decode(errors="replace")


@contextmanager
def typed(*arguments: str) -> Iterator[Typed]:
    """The command, which is ended with the block."""
    own, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.typed", *arguments],
        cwd=ROOT,
        stdin=its,
        stdout=its,
        stderr=its,
        env={**os.environ, "COLUMNS": "200", "TERM": "dumb"},
        start_new_session=True,
    )
    os.close(its)
    made = Typed(process=process, terminal=own)
    try:
        yield made
    finally:
        process.kill()
        process.wait()
        made.close()


if __name__ == "__main__":
    # So that Ctrl-C is for this process, though its parent may be one that hears none.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    fcntl.ioctl(sys.stdin, termios.TIOCSCTTY, 0)
    with patch.object(CdkCli, "synthesise", synthesise_here):
        main()
