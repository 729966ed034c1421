"""The received events: the newest in memory, all in a file."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MAX_EVENTS = 2_000
MAX_BYTES = 32 * 1024 * 1024
BEARER = "Bearer "


@dataclass(frozen=True, kw_only=True)
class ReceivedEvent:
    """An event as it was received; the bearer token is stored as its SHA-256 (hexadecimal) only."""

    received_at: str
    path: str
    bearer_sha256: str | None
    event: Mapping[str, Any]

    @property
    def state(self) -> str:
        """START, RUNNING, COMPLETE, FAIL, ABORT or OTHER; empty for other kinds of event."""
        return str(self.event.get("eventType") or "")

    @property
    def namespace(self) -> str:
        """The namespace of the job, which identifies the environment."""
        return self._job("namespace")

    @property
    def job(self) -> str:
        """The name of the job: DAG, or DAG and task."""
        return self._job("name")

    def _job(self, key: str) -> str:
        job = self.event.get("job")
        return str(job.get(key, "")) if isinstance(job, Mapping) else ""


@dataclass
class Events:
    """The newest events in memory, oldest first; each is also a line of JSON in `file`."""

    file: Path
    _newest: deque[tuple[int, ReceivedEvent]] = field(default_factory=deque)
    _bytes: int = 0

    def add(self, *, path: str, authorization: str | None, event: Mapping[str, Any]) -> None:
        """Stores an event; drops the oldest ones from memory beyond the limits."""
        received = ReceivedEvent(
            received_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            path=path,
            bearer_sha256=_bearer_hash(authorization),
            event=event,
        )
        line = json.dumps(asdict(received))
        with self.file.open("a") as file:
            file.write(f"{line}\n")
        self._newest.append((len(line), received))
        self._bytes += len(line)
        while len(self._newest) > MAX_EVENTS or self._bytes > MAX_BYTES:
            size, _ = self._newest.popleft()
            self._bytes -= size

    def oldest_first(self) -> list[ReceivedEvent]:
        """The events in memory."""
        return [received for _, received in self._newest]

    def matching(self, *, namespace: str, state: str, job: str) -> list[ReceivedEvent]:
        """The events of a namespace and a state whose job's name contains `job`, newest first.

        An empty value matches everything.
        """
        return [
            received
            for _, received in reversed(self._newest)
            if namespace in {"", received.namespace}
            and state in {"", received.state}
            and job.casefold() in received.job.casefold()
        ]


def _bearer_hash(authorization: str | None) -> str | None:
    if not authorization or not authorization.startswith(BEARER):
        return None
    return hashlib.sha256(authorization.removeprefix(BEARER).encode()).hexdigest()
