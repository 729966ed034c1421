"""A bound on the time of work that waits for a server, whatever the server does.

Timeouts of HTTP clients and of the AWS SDK are for one wait: each byte begins it anew, so an answer
that drips in has no end.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def within(seconds: float, work: Callable[[], Result], *, server: str) -> Result:
    """The result of `work`, or what it raises; TimeoutError where it takes longer.

    It works in a thread that is left behind then.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised again where the result is taken
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError:
        if future.done():
            raise
    raise TimeoutError(f"{server} did not answer within {seconds:.1f} s")
