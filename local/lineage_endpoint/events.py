"""The received events: the newest in memory, all in a file."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.lineage_endpoint.facts import Facts, facts_of

MAX_EVENTS = 10_000
MAX_BYTES = 64 * 1024 * 1024
BEARER = "Bearer "


@dataclass(frozen=True, kw_only=True)
class ReceivedEvent:
    """An event as it was received.

    `number` counts all that were received, from 1. `line` is the event as JSON, with the time and
    the path; of the bearer token it has the SHA-256 (hexadecimal) only. It stays JSON, because
    objects would take several times the memory.
    """

    number: int
    line: str
    facts: Facts


@dataclass
class Events:
    """The newest events in memory, oldest first; each is also a line of JSON in `file`."""

    file: Path
    received: int = 0
    _newest: deque[ReceivedEvent] = field(default_factory=deque)
    _bytes: int = 0

    def add(self, *, path: str, authorization: str | None, event: Mapping[str, Any]) -> None:
        """Stores an event; drops the oldest ones from memory beyond the limits."""
        line = json.dumps(
            {
                "received_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "path": path,
                "bearer_sha256": _bearer_hash(authorization),
                "event": event,
            }
        )
        with self.file.open("a") as file:
            file.write(f"{line}\n")
        self.received += 1
        self._newest.append(ReceivedEvent(number=self.received, line=line, facts=facts_of(event)))
        self._bytes += len(line)
        while len(self._newest) > MAX_EVENTS or self._bytes > MAX_BYTES:
            self._bytes -= len(self._newest.popleft().line)

    def oldest_first(self) -> list[ReceivedEvent]:
        """The events in memory."""
        return list(self._newest)

    def numbered(self, number: int) -> ReceivedEvent | None:
        """The event of this number, if it is still in memory."""
        index = number - self.received + len(self._newest) - 1
        return self._newest[index] if 0 <= index < len(self._newest) else None


def _bearer_hash(authorization: str | None) -> str | None:
    if not authorization or not authorization.startswith(BEARER):
        return None
    return hashlib.sha256(authorization.removeprefix(BEARER).encode()).hexdigest()
