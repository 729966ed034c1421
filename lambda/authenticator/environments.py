"""What MWAA says about environments, remembered for a short while."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from authenticator.aws import AwsClients
from authenticator.errors import UnavailableError

VERSION_SECONDS = 300
KEPT_SECONDS = 300
"""How old a state may be that is still shown, where there is no newer one."""
FRESH_SECONDS = 15
"""For how long a state, or that there was none, is not asked for again."""
ASKED_AT_ONCE = 16
"""How many environments one request asks about: each costs CPU, and MWAA throttles."""
THREADS = 4  # each has a connection of its own, whose making costs most of a first portal's CPU
PORTAL_SECONDS = 3
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True, slots=True)
class Description:
    """GetEnvironment's answer; None where it does not say."""

    status: str | None = None
    airflow_version: str | None = None
    access_mode: str | None = None


class Descriptions:
    """GetEnvironment, with a memory of the last answer for each environment."""

    def __init__(self, aws: AwsClients) -> None:
        self._aws = aws
        self._remembered: dict[str, tuple[float, Description]] = {}
        self._asked: dict[str, float] = {}

    def one(self, name: str, max_age: float) -> Description:
        """An answer that is at most `max_age` seconds old."""
        remembered = self._recent(name, max_age)
        return remembered or self._ask(name)

    def many(self, names: Sequence[str]) -> dict[str, Description]:
        """What is known about the environments; one about which nothing is known has no key.

        A few are asked about again, first those that were not for the longest time, and their
        answers are awaited for seconds at most: a portal with hundreds of environments is there
        at once, and tells more each time it is looked at.
        """
        now = time.monotonic()
        due = [name for name in names if now - self._asked.get(name, -inf) > FRESH_SECONDS]
        self._ask_all(sorted(due, key=lambda name: self._asked.get(name, -inf))[:ASKED_AT_ONCE])
        return {name: found for name in names if (found := self._recent(name, KEPT_SECONDS))}

    def airflow_major(self, name: str) -> int:
        """The first number of the environment's Airflow version."""
        version = self.one(name, VERSION_SECONDS).airflow_version or ""
        major, _, _ = version.partition(".")
        if not (major.isascii() and major.isdigit()):
            raise UnavailableError("get_environment: no Airflow version")
        return int(major)

    def _recent(self, name: str, max_age: float) -> Description | None:
        learnt, description = self._remembered.get(name, (-inf, None))
        return description if time.monotonic() - learnt <= max_age else None

    def _ask_all(self, names: Sequence[str]) -> None:
        """Ask about several at a time, and leave alone what has no answer in time."""
        from concurrent.futures import ThreadPoolExecutor, wait  # noqa: PLC0415 (portal only)

        if not names:
            return
        self._asked |= dict.fromkeys(names, time.monotonic())
        _ = self._aws.mwaa  # built once, not by each thread
        pool = ThreadPoolExecutor(THREADS)
        wait([pool.submit(self._ask, name) for name in names], timeout=PORTAL_SECONDS)
        pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, name: str) -> Description:
        response = self._aws.call(self._aws.mwaa.get_environment, Name=name)
        try:
            told = response["Environment"].get
        except (AttributeError, KeyError) as error:
            raise UnavailableError("get_environment: no environment in the response") from error
        description = Description(
            *map(_word, (told("Status"), told("AirflowVersion"), told("WebserverAccessMode")))
        )
        self._remembered[name] = time.monotonic(), description
        return description


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else None
