"""The background processes of a local run: started detached, recorded, stopped together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from errors import PlatformError, last_lines

STOP_TIMEOUT_SECONDS = 10.0
STOP_ROUNDS = 3
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL")


def inherited_variables() -> dict[str, str]:
    """The variables of the person's environment that every program needs.

    The person's own settings of AWS, Airflow and Python must not affect the programs of a run.
    """
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program to run in the background; its output goes to `log`."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path


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


@dataclass
class Processes:
    """The programs that a run started, recorded in a file so that another command can stop them."""

    record: Path
    started: list[RunningProgram] = field(default_factory=list)

    @classmethod
    def recorded(cls, record: Path) -> Processes:
        """Reads the record; empty where there is no file."""
        if not record.exists():
            return cls(record)
        return cls(record, [RunningProgram(**entry) for entry in json.loads(record.read_text())])

    def run(self, program: Program) -> int:
        """Runs a program to its end and returns its exit status; `stop` ends it like the others."""
        child = self.start(program)
        status = child.wait()
        self.started = [each for each in self.started if each.pid != child.pid]
        self._save()
        return status

    def start(self, program: Program) -> subprocess.Popen[bytes]:
        """Starts a program in a session of its own, so that a Ctrl-C here does not reach it."""
        program.log.parent.mkdir(parents=True, exist_ok=True)
        with program.log.open("ab") as log:
            child = subprocess.Popen(
                [*program.argv],
                env=dict(program.env),
                cwd=program.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            created = psutil.Process(child.pid).create_time()
            self.started.append(
                RunningProgram(
                    name=program.name, pid=child.pid, created=created, log=str(program.log)
                )
            )
            self._save()
        except BaseException:  # such as an interrupt before the program is recorded
            os.killpg(child.pid, signal.SIGKILL)
            raise
        return child

    def wait_until(self, ready: Callable[[], bool], *names: str, seconds: float) -> None:
        """Waits until `ready()`; fails at once if one of the programs `names` has ended.

        Raises PlatformError, also after the given number of seconds.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            self._raise_if_ended(names)
            if time.monotonic() > deadline:
                raise PlatformError(
                    f"{names[0]} did not answer within {seconds:.0f} seconds.",
                    place=self._log(names[0]),
                    remedy="Its log says what it was doing. Close other heavy programs, try again.",
                )
            time.sleep(0.2)

    def running(self) -> list[RunningProgram]:
        """The programs that are still running."""
        return [started for started in self.started if started.process()]

    def resident_bytes(self) -> int:
        """The memory of all programs and their children, shared pages counted once (PSS)."""
        return sum(_proportional_bytes(process) for process in _trees(self.started))

    def stop(self) -> None:
        """Terminates every program and its children, and kills those that do not end.

        Repeats while any are left: a program may have started another in the meantime.
        """
        _end_trees(self.started)
        self.started.clear()
        self.record.unlink(missing_ok=True)

    def end(self, names: Collection[str]) -> None:
        """Terminates the programs of these names, as `stop` does all; the others run on."""
        _end_trees([each for each in self.started if each.name in names])
        self.started = [each for each in self.started if each.name not in names]
        self._save()

    def _raise_if_ended(self, names: Sequence[str]) -> None:
        for each in self.started:
            if each.name not in names or each.process():
                continue
            log = Path(each.log)
            raise PlatformError(
                f"{each.name} stopped while it was starting.",
                place=str(log),
                remedy=f"The end of its log:\n{last_lines(log.read_text(errors='replace'))}",
            )

    def _log(self, name: str) -> str | None:
        return next((each.log for each in self.started if each.name == name), None)

    def _save(self) -> None:
        self.record.parent.mkdir(parents=True, exist_ok=True)
        self.record.write_text(json.dumps([asdict(each) for each in self.started], indent=1))


def _end_trees(started: Sequence[RunningProgram]) -> None:
    for _ in range(STOP_ROUNDS):
        if not (processes := _trees(started)):
            break
        _end(processes)


def _trees(programs: Sequence[RunningProgram]) -> list[psutil.Process]:
    trees: list[psutil.Process] = []
    for started in reversed(programs):
        with suppress(psutil.NoSuchProcess):  # it has ended in the meantime
            if process := started.process():
                trees += [*process.children(recursive=True), process]
        trees += _orphans(started)
    return list(dict.fromkeys(trees))


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


def _proportional_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, AttributeError):
        return 0
