"""A run of `in_airflow.py` with the Airflow of an environment, contained where that can be."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

from cli.check.containment import airflow_folders, airflow_variables, enclosed
from cli.check.shipped import ShippedFiles
from errors import last_lines

HERE = Path(__file__).parent
SILENT_SECONDS = 900
"""Without an answer, after which Airflow itself hangs."""
SECONDS, MEMORY = 30, 4 << 30
"""Of one import, where Airflow itself has no limit of time; and bytes of addresses."""


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


def imports(python: Path, shipped: ShippedFiles, *, contained: bool) -> Iterator[Imported]:
    """Imports the plugins, then every DAG file.

    Raises AirflowRunError where Airflow does not get so far.
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
    with (home.parent / "airflow.log").open("w+") as log:
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
            complete, watchdog = False, _watchdog(process)
            try:
                for line in process.stdout or ():
                    watchdog.cancel()
                    watchdog = _watchdog(process)
                    answer = _answer(line)
                    complete = complete or (answer is not None and answer["file"] is None)
                    if answer and answer["file"]:
                        yield _imported(answer)
            finally:
                watchdog.cancel()
                process.kill()
        log.seek(0)
        if not complete:
            raise AirflowRunError(last_lines(log.read()))


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
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and "file" in answer else None


def _imported(answer: Mapping[str, Any]) -> Imported:
    return Imported(
        file=str(answer["file"]),
        errors=[str(each) for each in answer.get("errors", ())],
        dags=[str(each) for each in answer.get("dags", ())],
        calls=[str(each) for each in answer.get("calls", ())],
        forks=[str(each) for each in answer.get("forks", ())],
        printed=str(answer.get("printed", "")),
        seconds=float(answer.get("seconds", 0)),
        limit=float(answer.get("limit", 0)),
    )
