"""A run of `in_airflow.py` with the Airflow of an environment, contained where that can be."""

from __future__ import annotations

import json
import math
import subprocess
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO, Any

import psutil

from cli.check.bounds import ends_of
from cli.check.containment import airflow_folders, airflow_variables, enclosed
from cli.check.in_airflow import PLUGINS
from cli.check.shipped import ShippedFiles
from errors import last_lines

HERE = Path(__file__).parent
SILENT_SECONDS = 900
"""Without an answer, after which Airflow itself hangs."""
SECONDS, MEMORY = 30, 4 << 30
"""Of one import, where Airflow itself has no limit of time; and bytes of addresses."""
LONGEST_LINE = 32 << 20


@dataclass(frozen=True, kw_only=True)
class Imported:
    """An import: of all plugins, or of a DAG file.

    `forks` are the lines, "file:line", that fork the process, `printed` is what it prints, `limit`
    are Airflow's seconds for it.
    """

    file: str
    errors: Sequence[str]
    dags: Sequence[str]
    calls: Sequence[str]
    forks: Sequence[str]
    printed: str
    seconds: float
    limit: float


class AirflowRunError(Exception):
    """Airflow itself ended; the message is the end of what it said."""


class ForgedAnswerError(Exception):
    """What is imported answers in Airflow's place; the message says what was seen."""


@dataclass
class _Expected:
    """The imports that are not answered yet, in their order; None where Airflow has named none."""

    left: deque[str] | None = None

    def take(self, answer: Mapping[str, Any]) -> Imported | None:
        """The import that an answer is about. Raises ForgedAnswerError for one out of turn."""
        if self.left is None:
            if isinstance(files := answer.get("files"), list):
                self.left = deque([PLUGINS, *map(str, files)])
            return None
        if not self.left or answer.get("file") != self.left[0]:
            raise ForgedAnswerError(f"Something is said of {answer.get('file')} out of turn.")
        return _imported(self.left.popleft(), answer)

    @property
    def is_complete(self) -> bool:
        """Whether nothing more is to be answered."""
        return self.left is not None and not self.left


def imports(python: Path, shipped: ShippedFiles, *, contained: bool) -> Iterator[Imported]:
    """Imports the plugins, then every DAG file.

    Raises AirflowRunError where Airflow does not get so far, ForgedAnswerError.
    """
    home, environment = shipped.home, python.parent.parent.resolve()
    # Beside the scratch folder, in which the startup script may have made links to anywhere.
    own = home.with_name("import")
    own.mkdir(exist_ok=True)
    job, program = own / "job.json", own / "in_airflow.py"
    job.write_text(
        json.dumps(
            {
                "home": f"{home}/",
                "dags": str(home / "dags"),
                "seconds": SECONDS,
                "memory": MEMORY,
                "contained": contained,
            }
        )
    )
    program.write_bytes((HERE / "in_airflow.py").read_bytes())
    command = [str(environment / "bin" / python.name), str(program), str(job)]
    variables = airflow_variables(environment, shipped)
    if contained:
        command = enclosed(command, home, [*airflow_folders(environment), own], variables)
    with (home.parent / "airflow.log").open("w+b") as log:
        with subprocess.Popen(
            command,
            cwd=home,
            env={} if contained else {**variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        ) as process:
            expected, watchdog = _Expected(), _watchdog(process)
            try:
                for line in _lines(process.stdout):
                    watchdog.cancel()
                    watchdog = _watchdog(process)
                    answer = _answer(line)
                    if answer and (imported := expected.take(answer)):
                        yield imported
            finally:
                watchdog.cancel()
                _end(process)
        if not expected.is_complete:
            raise AirflowRunError(last_lines(ends_of(log)))


def _end(process: subprocess.Popen[str]) -> None:
    """Ends it with what it has started: where nothing is contained, nothing else would."""
    with suppress(psutil.Error):
        started = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        for each in started:
            with suppress(psutil.Error):
                each.kill()
    process.kill()


def _lines(stream: IO[str] | None) -> Iterator[str]:
    """The lines of its output, none of which may fill the memory."""
    while stream and (line := stream.readline(LONGEST_LINE)):
        if len(line) == LONGEST_LINE:
            raise ForgedAnswerError("Far too much is said.")
        yield line


def _watchdog(process: subprocess.Popen[str]) -> Timer:
    """What ends a run that says nothing more: each import is ended before."""
    timer = Timer(SILENT_SECONDS, process.kill)
    timer.daemon = True
    timer.start()
    return timer


def _answer(line: str) -> dict[str, Any] | None:
    """A line of the program's; None for what Airflow says before."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and answer.keys() & {"file", "files"} else None


def _imported(file: str, answer: Mapping[str, Any]) -> Imported:
    """What an answer says, whatever it is: the code that is imported has a part in it."""
    return Imported(
        file=file,
        errors=_texts(answer.get("errors")),
        dags=_texts(answer.get("dags")),
        calls=_texts(answer.get("calls")),
        forks=_texts(answer.get("forks")),
        printed=str(answer.get("printed", "")),
        seconds=_number(answer.get("seconds")),
        limit=_number(answer.get("limit")),
    )


def _texts(value: object) -> Sequence[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _number(value: object) -> float:
    return value if isinstance(value, (int, float)) and math.isfinite(value) else 0
