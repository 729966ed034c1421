"""A run of a startup script as MWAA's containers run it, contained where that can be."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from cli.check.bounds import ends_of
from cli.check.containment import enclosed, home_inside
from errors import last_lines
from local.airflow_runtime.startup import BASH_VARIABLES, TIMEOUT_SECONDS

PROGRAM = Path(__file__).with_name("startup.sh")
BASH = Path("/bin/bash")
SYSTEM_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")
LIMITS = "ulimit -c 0 -f 1048576 -v 4194304; "
SYNTAX = re.compile(
    r"startup\.sh: line (?P<line>[0-9]{1,9}): (?P<said>syntax error.*|unexpected EOF.*)"
)
NOT_FOUND = re.compile(r"line (?P<line>[0-9]{1,9}): (?P<name>\S+): command not found")
NUMBER, ENDED = re.compile(r"[0-9]{1,9}"), re.compile(r"ended -?[0-9]{1,9}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where scripts run.

    - `home`: the scratch folder that stands for /usr/local/airflow.
    - `commands`: the folder of what the image has of this machine's commands, None where that is
      not known.
    """

    home: Path
    commands: Path | None
    contained: bool
    network: bool = False


@dataclass(frozen=True, kw_only=True)
class StartupRun:
    """How a script ran.

    `missing` and `untried` are commands with the lines that call them. `status` is the one that
    it ended with, None where it did not come to its end: then no container starts; `failed_line` is
    the line of the last command that failed, 0 without one. `syntax_error` is the line that bash
    could not read, and why. `said` is the end of its output.
    """

    exports: Mapping[str, str]
    missing: Mapping[str, int]
    untried: Mapping[str, int]
    status: int | None
    timed_out: bool
    said: str
    failed_line: int = 0
    syntax_error: tuple[int, str] | None = None


def link_commands(folder: Path, names: Sequence[str]) -> None:
    """Makes a folder of this machine's commands of these names."""
    folder.mkdir()
    for name in names:
        found = shutil.which(name, path=os.pathsep.join(SYSTEM_FOLDERS))
        if found:
            (folder / name).symlink_to(found)


def run_startup(script: Path, place: Place, variables: Mapping[str, str]) -> StartupRun:
    """Runs the script with these variables, for as long as MWAA lets it."""
    inside = home_inside(place.home, contained=place.contained)
    copy = place.home / "startup" / "startup.sh"
    copy.parent.mkdir(exist_ok=True)
    copy.write_bytes(script.read_bytes())
    before = {
        **variables,
        "AIRFLOW_HOME": str(inside),
        "HOME": str(inside),
        "LC_ALL": "C",
        "PATH": str(place.commands or os.defpath),
    }
    program = LIMITS + PROGRAM.read_text("utf-8")
    command = [str(BASH), "-c", program, "bash", str(inside / "startup" / "startup.sh")]
    if place.contained:
        shown = [place.commands] if place.commands else []
        command = enclosed(command, place.home, shown, before, network=place.network)
    answer, said, timed_out = _answer(command, place, {} if place.contained else before)
    return _read(answer, said, before, timed_out=timed_out)


def _answer(
    command: Sequence[str], place: Place, variables: Mapping[str, str]
) -> tuple[str, str, bool]:
    """What it told, what it said, and whether it had to be ended."""
    folder = place.home.parent
    # Not a pipe: what a script writes there must not fill the memory.
    with (folder / "startup.log").open("w+b") as log, TemporaryFile(dir=folder) as told:
        process = subprocess.Popen(
            command,
            cwd=place.home,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=log,
            start_new_session=True,
        )
        timed_out = False
        try:
            process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return "" if timed_out else ends_of(told), ends_of(log), timed_out


def _read(answer: str, said: str, before: Mapping[str, str], *, timed_out: bool) -> StartupRun:
    records = answer.split("\0")
    told = [each.split(" ", 2) for each in records]
    ends = [number for number, each in enumerate(records) if ENDED.fullmatch(each)]
    # A script that calls `exit` in a subshell tells its variables more than once.
    after = dict(_pairs(records[ends[-1] + 1 :])) if ends else {}
    heard = {each["name"]: int(each["line"]) for each in NOT_FOUND.finditer(said)}
    syntax = SYNTAX.search(said)
    return StartupRun(
        exports={
            name: value
            for name, value in after.items()
            if before.get(name) != value and name not in BASH_VARIABLES
        },
        missing={**heard, **_lines("missing", told)},
        untried=_lines("untried", told),
        status=int(told[ends[-1]][1]) if ends else None,
        timed_out=timed_out,
        said=last_lines(said),
        failed_line=next((int(e[1]) for e in reversed(told) if e[0] == "failed"), 0),
        syntax_error=(int(syntax["line"]), syntax["said"]) if syntax else None,
    )


def _pairs(records: Sequence[str]) -> Iterator[tuple[str, str]]:
    for each in records:
        name, separator, value = each.partition("=")
        # A script can tell what is none.
        if separator and VARIABLE.fullmatch(name):
            yield name, value


def _lines(kind: str, told: Sequence[Sequence[str]]) -> Mapping[str, int]:
    """The first line that calls each command."""
    found: dict[str, int] = {}
    for each in told:
        if each[0] == kind and len(each) == 3 and NUMBER.fullmatch(each[1]):  # noqa: PLR2004 - its parts
            found.setdefault(each[2], int(each[1]))
    return found
