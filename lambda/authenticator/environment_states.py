"""States of environments from MWAA, cached for a short time."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from authenticator.aws import AwsClients
from authenticator.errors import UnavailableError

TTL_SECONDS = 300
"""Maximum age of a state that is used."""
REFRESH_SECONDS = 15
"""Minimum time between two lookups of an environment for the portal, even after a failure."""
MAX_LOOKUPS = 16
"""Maximum number of lookups a request: each costs CPU, and MWAA throttles."""
THREADS = 4  # each opens a connection, which is most of the CPU of a first portal
LOOKUP_TIMEOUT_SECONDS = 3
"""Timeout of all lookups of a request for the portal."""
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True, slots=True)
class EnvironmentState:
    """State from GetEnvironment; None for what the response leaves out."""

    status: str | None = None
    airflow_version: str | None = None
    access_mode: str | None = None


class EnvironmentStates:
    """Cache of each environment's state."""

    def __init__(self, aws: AwsClients) -> None:
        self._aws = aws
        self._cached: dict[str, tuple[float, EnvironmentState]] = {}
        self._requested: dict[str, float] = {}

    def get_many(self, names: Sequence[str]) -> dict[str, EnvironmentState]:
        """States by name; an environment of unknown state has no key.

        A request looks up a few environments, those with the oldest lookup first, and waits for
        seconds at most: a portal of hundreds of environments opens at once, and shows more states
        with each request.
        """
        now = time.monotonic()
        due = [name for name in names if now - self._requested.get(name, -inf) > REFRESH_SECONDS]
        due.sort(key=lambda name: self._requested.get(name, -inf))
        self._look_up_many(due[:MAX_LOOKUPS])
        return {name: state for name in names if (state := self._recent(name))}

    def airflow_major(self, name: str) -> int:
        """Major version of the environment's Airflow."""
        version = (self._recent(name) or self._look_up(name)).airflow_version or ""
        major, _, _ = version.partition(".")
        if not (major.isascii() and major.isdigit()):
            raise UnavailableError("get_environment: no Airflow version")
        return int(major)

    def _recent(self, name: str) -> EnvironmentState | None:
        received, state = self._cached.get(name, (-inf, None))
        return state if time.monotonic() - received <= TTL_SECONDS else None

    def _look_up_many(self, names: Sequence[str]) -> None:
        """Looks up several at a time, and ignores responses after the timeout."""
        from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415 (portal only)

        if not names:
            return
        self._requested |= dict.fromkeys(names, time.monotonic())
        _ = self._aws.mwaa  # the client is built here, not by each thread
        pool = ThreadPoolExecutor(THREADS)
        wait([pool.submit(self._look_up, name) for name in names], timeout=LOOKUP_TIMEOUT_SECONDS)
        pool.shutdown(wait=False, cancel_futures=True)

    def _look_up(self, name: str) -> EnvironmentState:
        response = self._aws.call(self._aws.mwaa.get_environment, Name=name)
        try:
            value = response["Environment"].get
        except (AttributeError, KeyError) as error:
            raise UnavailableError("get_environment: no environment in the response") from error
        keys = ("Status", "AirflowVersion", "WebserverAccessMode")
        state = EnvironmentState(*(_word(value(key)) for key in keys))
        self._cached[name] = time.monotonic(), state
        return state


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None
