"""Deployed functions on a platform other than Lambda's, with a bounded number of processes.

MiniStack 1.5.33 runs functions with its own Python. The bundle's cryptography is built for Python
3.13 on x86-64 Linux; on other platforms the stand-in's own, of the same version, replaces it.

It starts a process for each request that finds none free, so 32 people at once start more than 20,
which all import the bundle on the same few cores, and keeps each for five minutes. Here a request
waits for a process of the first few.
"""

from __future__ import annotations

import platform
import sys
import sysconfig
import threading
import time
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

MOST_PROCESSES = 4
"""Of one function."""
PATIENCE_SECONDS = 5.0
"""How long a request waits for one of them: a function that calls itself waits for its own."""
IDLE_SECONDS = 30.0
"""How long one that is not needed is kept, beside the first."""

_PREAMBLE = """
import importlib.abc as _abc, importlib.machinery as _machinery, sys as _sys
class _StandIn(_abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "cryptography":
            return _machinery.PathFinder.find_spec(name, [{folder!r}])
_sys.meta_path.insert(0, _StandIn())
"""


def install() -> None:
    """Makes functions import the stand-in's cryptography where the bundle's cannot run."""
    if not _is_lambda_platform():
        preamble = _PREAMBLE.format(folder=sysconfig.get_path("platlib"))
        lambda_runtime._PYTHON_WORKER_SCRIPT = preamble + lambda_runtime._PYTHON_WORKER_SCRIPT
    _bound_processes()


def _bound_processes() -> None:
    acquire, release = lambda_svc.acquire_worker, lambda_svc.release_worker
    freed = threading.Condition()

    def acquire_in_turn(
        function: str, config: Any, code: bytes, qualifier: str = "$LATEST"
    ) -> tuple[Any, str]:
        until = time.monotonic() + PATIENCE_SECONDS
        with freed:
            while (remaining := until - time.monotonic()) > 0:
                process, how = acquire(function, config, code, qualifier, MOST_PROCESSES)
                if process is not None:
                    return process, how
                freed.wait(remaining)
        worker: tuple[Any, str] = acquire(function, config, code, qualifier)
        return worker

    def release_and_say(process: Any) -> None:
        release(process)
        with freed:
            freed.notify_all()

    lambda_svc.acquire_worker = acquire_in_turn
    lambda_svc.release_worker = release_and_say
    lambda_runtime._LOCAL_WORKER_TTL = IDLE_SECONDS


def _is_lambda_platform() -> bool:
    return (
        sys.version_info[:2] == (3, 13)
        and platform.machine() == "x86_64"
        and platform.libc_ver()[0] == "glibc"
    )
