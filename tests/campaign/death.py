"""A function that is killed: at a line of its code, or after a call to AWS.

From then on nothing of that run reaches AWS, as if its process were gone: neither what its
`finally` blocks would do, nor what its other threads are at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

import custom_resource
from local.layout import ROOT

CODE = f"{ROOT / 'lambda'}/"
NEVER = 0
READS = ("Describe", "Get", "Head", "List", "Scan")


class KilledError(BaseException):
    """The end of the run. No handler of errors catches it."""


@dataclass
class Death:
    """Death at a moment, counted from 1; `moments` says how many there were."""

    at: int
    moments: int = 0
    is_dead: bool = False

    def moment(self) -> None:
        """Another moment; raises KilledError where it is the last, and from then on."""
        self.moments += 1
        self.is_dead = self.is_dead or self.moments == self.at
        self.check()

    def check(self) -> None:
        """Raises KilledError after the end."""
        if self.is_dead:
            raise KilledError


@contextmanager
def dying(at: int, *, by_line: bool = False) -> Iterator[Death]:
    """Kills what runs at a moment: after a call that changes something, or before a line."""
    death = Death(at)
    call, answer = BaseClient._make_api_call, custom_resource._put  # type: ignore[attr-defined]

    def make_api_call(client: Any, operation: str, parameters: Any) -> Any:
        death.check()
        result = call(client, operation, parameters)
        # What is killed after a call that only reads was as well killed before it.
        if not by_line and not operation.startswith(READS):
            death.moment()
        return result

    def put(url: str, content: bytes) -> None:
        death.check()
        answer(url, content)
        if not by_line:
            death.moment()

    former = sys.gettrace()
    with (
        patch.object(BaseClient, "_make_api_call", make_api_call),
        patch.object(custom_resource, "_put", put),
        suppress(KilledError),
    ):
        if by_line:
            sys.settrace(_tracing(death))
        try:
            yield death
        finally:
            sys.settrace(former)


def _tracing(death: Death) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that counts the lines of our code."""

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(CODE):
            return None
        if event == "line":
            death.moment()
        return trace

    return trace
