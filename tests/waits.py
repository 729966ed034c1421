"""Waits for what must happen, with a deadline that holds on a busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE_SECONDS = 600
"""What is waited for is there in seconds; a machine with ten times the work takes ten times as
long. Only a test that fails waits to the end."""
POLL_SECONDS = 0.2


def comes_true(condition: Callable[[], bool], *, seconds: float = DEADLINE_SECONDS) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def wait_until(what: str, condition: Callable[[], bool]) -> None:
    """Wait until the condition comes true, which it must in time."""
    assert comes_true(condition), f"{what}: not within {DEADLINE_SECONDS} s"
