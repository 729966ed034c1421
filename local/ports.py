"""Free ports of the loopback interface."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

STEP = 100
"""The distance between the alternatives to a port that is taken."""
FIRST_EPHEMERAL = 32_768
"""The first port of the system's ephemeral range. Another program may get a port of that range
before its server listens, which for some is a minute after it was chosen."""

# The system releases a lock when its file is closed, at the latest with the process.
_claims: list[IO[str]] = []


def choose(preferred: Mapping[str, int]) -> dict[str, int]:
    """A free port for each name: the preferred one unless it is in use, else another.

    The chosen ports are claimed until this process ends, so two runs that start at the same time
    do not choose the same ones before they listen.
    """
    chosen: dict[str, int] = {}
    for name, port in preferred.items():
        candidates = (port, *range(port + STEP, FIRST_EPHEMERAL, STEP))
        chosen[name] = _first_claimed(candidates, taken=chosen.values())
    return chosen


@contextmanager
def kept(ports: Iterable[int]) -> Iterator[None]:
    """Claims ports that servers of a run have, while one ends and the next one takes its port."""
    with ExitStack() as claims:
        for claim in filter(None, map(_lock, ports)):
            claims.enter_context(claim)
        yield


def free_port(*, taken: Collection[int] = ()) -> int:
    """An ephemeral port that is free and not among `taken`."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def _first_claimed(candidates: Iterable[int], *, taken: Collection[int]) -> int:
    for port in candidates:
        if _is_free(port, taken=taken) and _claim(port):
            return port
    while not _claim(port := free_port(taken=taken)):
        continue
    return port


def _claim(port: int) -> bool:
    """Claims the port for this run; returns whether no other run on this machine has."""
    claim = _lock(port)
    if claim is None:
        return False
    _claims.append(claim)
    return True


def _lock(port: int) -> IO[str] | None:
    """The locked file of a port; None where another run has the lock."""
    path = Path(tempfile.gettempdir()) / f"mwaa-platform-{os.getuid()}-port-{port}"
    claim = path.open("w")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        claim.close()
        return None
    return claim


def _is_free(port: int, *, taken: Collection[int]) -> bool:
    if port in taken:
        return False
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
