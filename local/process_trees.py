"""Started programs with their children: how they are found and ended."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

STOP_TIMEOUT_SECONDS = 10.0
STOP_ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class RunningProgram:
    """A started program; its creation time distinguishes it from a later process of the same id."""

    name: str
    pid: int
    created: float
    log: str

    def process(self) -> psutil.Process | None:
        """The process, or None if it has ended."""
        try:
            process = psutil.Process(self.pid)
            alive = process.create_time() == self.created
        except psutil.NoSuchProcess:
            return None
        return process if alive and process.status() != psutil.STATUS_ZOMBIE else None


def end_trees(started: Sequence[RunningProgram]) -> None:
    """Terminates programs and their children, and kills those that do not end."""
    for _ in range(STOP_ROUNDS):
        if not (processes := trees(started)):
            break
        _end(processes)


def trees(programs: Sequence[RunningProgram]) -> list[psutil.Process]:
    """The processes of programs, children before their parents."""
    found: list[psutil.Process] = []
    for started in reversed(programs):
        with suppress(psutil.NoSuchProcess):  # it has ended in the meantime
            if process := started.process():
                found += [*process.children(recursive=True), process]
        found += _orphans(started)
    return list(dict.fromkeys(found))


def marked(variable: str, value: str) -> Iterator[psutil.Process]:
    """The leaders of sessions whose environment has a variable with this value."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getsid(process.pid) != process.pid or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get(variable) == value:
                yield process


def _orphans(started: RunningProgram) -> list[psutil.Process]:
    """The processes of the program's session, which outlive their parents."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) != started.pid or process.create_time() < started.created:
                continue
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def _end(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=STOP_TIMEOUT_SECONDS)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=STOP_TIMEOUT_SECONDS)


def proportional_bytes(process: psutil.Process) -> int:
    """The memory of a process, with its part of what it shares (PSS); 0 where it is not known."""
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, AttributeError):
        return 0
