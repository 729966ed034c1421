"""The trouble that a test makes: access to it, the count of its failures, stacks that are held."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ministack.services.cloudformation import handlers, stacks

from local.aws.trouble import Failure, Operation, Trouble, read

FILE = "MWAA_LOCAL_TROUBLE"
"""The environment variable with the path of the file; `up` does not set it."""

HELD_SECONDS = 0.05

_path: list[Path] = []
_written: list[int] = []
_happened: Counter[Failure] = Counter()
_lock = threading.Lock()


def install() -> None:
    """Takes the path from the variable, and makes deployments wait where a test holds a stack."""
    if not (path := os.environ.get(FILE)):
        return
    _path.append(Path(path))
    for module in (stacks, handlers):
        module._deploy_stack_async = _waiting(module._deploy_stack_async)


def _waiting(deploy: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def deploy_stack(name: str, *details: Any, **more: Any) -> None:
        while name in current().held:
            await asyncio.sleep(HELD_SECONDS)
        await deploy(name, *details, **more)

    return deploy_stack


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
