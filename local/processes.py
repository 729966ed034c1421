"""The background processes of a local run: started detached, recorded, stopped together."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from errors import PlatformError, last_lines
from local.atomic_write import write_atomically
from local.layout import MARK, NO_PROXY
from local.process_trees import RunningProgram, end_trees, marked, proportional_bytes, trees

INHERITED = re.compile(r"PATH|HOME|LANG|LC_ALL|TMPDIR")
INSTALLERS = re.compile(
    r"(UV|PIP)_\w+|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|(HTTPS?|ALL|NO)_PROXY", re.IGNORECASE
)


def inherited_variables() -> dict[str, str]:
    """The variables of the person's environment that every program needs.

    The person's own settings of AWS, Airflow and Python must not affect the programs of a run.
    """
    return _matching(INHERITED)


def installer_variables() -> dict[str, str]:
    """`inherited_variables` and the settings by which a program that installs packages finds them.

    This machine is never asked through the person's proxy: programs differ in which spelling of
    a variable they prefer, so both are given.
    """
    settings = _matching(INSTALLERS)
    own = next((settings[name] for name in ("no_proxy", "NO_PROXY") if name in settings), "")
    without_proxy = ",".join(filter(None, (NO_PROXY, own)))
    return {
        **inherited_variables(),
        **settings,
        **dict.fromkeys(("no_proxy", "NO_PROXY"), without_proxy),
    }


def _matching(names: re.Pattern[str]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if names.fullmatch(name)}


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program to run in the background; its output goes to `log`."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path


@dataclass
class Processes:
    """The programs that a run started, recorded in a file so that another command can stop them."""

    record: Path
    started: list[RunningProgram] = field(default_factory=list)

    @classmethod
    def recorded(cls, record: Path) -> Processes:
        """Reads the record, and finds what runs with its mark but is not in it.

        So a record that is lost or damaged keeps no program from being stopped.
        """
        recorded = _read(record)
        known = {each.pid for each in trees(recorded)}
        found = [
            RunningProgram(name=each.name(), pid=each.pid, created=each.create_time(), log="")
            for each in marked(MARK, _mark(record))
            if each.pid not in known
        ]
        return cls(record, [*recorded, *found])

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
                env={**program.env, MARK: _mark(self.record)},
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
        return sum(map(proportional_bytes, trees(self.started)))

    def stop(self) -> None:
        """Terminates every program and its children, and kills those that do not end.

        Repeats while any are left: a program may have started another in the meantime.
        """
        end_trees(self.started)
        self.started.clear()
        self.record.unlink(missing_ok=True)

    def end(self, names: Collection[str]) -> None:
        """Terminates the programs of these names, as `stop` does all; the others run on."""
        end_trees([each for each in self.started if each.name in names])
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
        content = json.dumps([asdict(each) for each in self.started], indent=1)
        write_atomically(self.record, content.encode())


def _read(record: Path) -> list[RunningProgram]:
    """The programs of a record that can be read; none where it is missing or damaged."""
    try:
        return [RunningProgram(**entry) for entry in json.loads(record.read_text())]
    except (FileNotFoundError, ValueError, TypeError, RecursionError):
        return []


def _mark(record: Path) -> str:
    return str(record.resolve())
