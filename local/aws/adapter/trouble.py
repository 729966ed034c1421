"""Access of the adapter to the trouble that a test makes, and the count of its failures."""

from __future__ import annotations

import os
import threading
from collections import Counter
from pathlib import Path

from local.aws.trouble import Failure, Operation, Trouble, read

FILE = "MWAA_LOCAL_TROUBLE"
"""The environment variable with the path of the file; `up` does not set it."""

_path: list[Path] = []
_written: list[int] = []
_happened: Counter[Failure] = Counter()
_lock = threading.Lock()


def install() -> None:
    """Takes the path from the variable."""
    if path := os.environ.get(FILE):
        _path.append(Path(path))


def current() -> Trouble:
    """The trouble at this moment."""
    return read(_path[0]) if _path else Trouble()


def failure(stack: str, logical_id: str, operation: Operation) -> Failure | None:
    """The failure that this operation meets, if any; it then counts as happened."""
    failures = current().failures
    if not failures:
        return None
    with _lock:
        _begin_anew_if_written()
        for each in failures:
            if (
                each.stack == stack
                and logical_id.startswith(each.logical_id)
                and each.operation == operation
                and _happened[each] < each.times
            ):
                _happened[each] += 1
                return each
    return None


def _begin_anew_if_written() -> None:
    written = [_path[0].stat().st_mtime_ns]
    if written != _written:
        _written[:] = written
        _happened.clear()
