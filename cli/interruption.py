"""The end of a command by a signal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupted_by_termination() -> Iterator[None]:
    """Makes SIGTERM unwind like Ctrl-C, so that a command ends what it has begun."""
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
