"""Waits for other deployments, which share the time that `--wait` gives."""

from __future__ import annotations

import time
from datetime import timedelta

import console
from errors import PlatformError

POLL_SECONDS = 5.0


class Patience:
    """A limit of time from now on."""

    def __init__(self, limit: timedelta) -> None:
        self.limit = limit
        self._end = time.monotonic() + limit.total_seconds()
        self._told: set[str] = set()

    def wait(self, error: PlatformError) -> None:
        """Waits a while for what the error says; raises it once the time is over."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise error
        if error.message not in self._told:
            console.say(f"{error.message} Waiting.", mark="…")
            self._told.add(error.message)
        time.sleep(min(POLL_SECONDS, left))
