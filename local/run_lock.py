"""Lock of a state folder: one `up` at a time starts its run there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from errors import PlatformError

LOCK_FILE = "up.lock"


@contextmanager
def run_lock(state: Path) -> Iterator[None]:
    """Holds the lock of the folder, which the system releases at the latest with the process.

    Raises PlatformError, which says who holds it since when.
    """
    state.mkdir(parents=True, exist_ok=True)
    path = state / LOCK_FILE
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise PlatformError(
                f"Another `up` is starting in this folder: {file.read().strip()}.",
                place=str(state),
                remedy="Wait for its end, or name another folder with --state.",
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {datetime.now(tz=UTC):%H:%M:%S} UTC")
        file.flush()
        yield
