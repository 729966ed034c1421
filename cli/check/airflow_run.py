"""A run of `in_airflow.py` with the Airflow of an environment, contained where that can be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

from cli.check.enter import NOT_CONTAINED
from cli.check.shipped import ShippedFiles
from errors import last_lines
from local.airflow_runtime.settings import option_variables
from local.layout import REGION

HERE = Path(__file__).parent
SILENT_SECONDS = 900
"""Without an answer, after which Airflow itself hangs."""
SECONDS, MEMORY = 30, 4 << 30
"""Of one import, where Airflow itself has no limit of time; and bytes of addresses."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """An import: of all plugins, or of a DAG file. `limit` are Airflow's seconds for it."""

    file: str
    errors: Sequence[str]
    dags: Sequence[str]
    calls: Sequence[str]
    seconds: float
    limit: float


class AirflowRunError(Exception):
    """Airflow itself ended; the message is the end of what it said."""


def why_not_contained(home: Path) -> str | None:
    """What keeps this machine from containing a program; None where it can."""
    if sys.platform != "linux":
        return "only Linux has namespaces"
    shown = [Path(each).resolve() for each in (sys.base_prefix, sys.prefix)]
    command = [*_entering(home, shown), sys.executable, "-c", ""]
    tried = subprocess.run(command, capture_output=True, text=True, env={}, check=False)
    if tried.returncode == NOT_CONTAINED:
        return last_lines(tried.stderr).strip()
    return None if not tried.returncode else f"a program ends with {tried.returncode} there"


def imports(python: Path, shipped: ShippedFiles, *, contained: bool) -> Iterator[Imported]:
    """Imports the plugins, then every DAG file.

    Raises AirflowRunError where Airflow does not get so far.
    """
    home, environment = shipped.home, python.parent.parent.resolve()
    job = home / "job.json"
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
    program = home / "in_airflow.py"
    program.write_bytes((HERE / "in_airflow.py").read_bytes())
    command = [str(environment / "bin" / python.name), str(program), str(job)]
    entering = _entering(home, [environment, *_interpreter(environment)]) if contained else []
    with (home.parent / "airflow.log").open("w+") as log:
        with subprocess.Popen(
            [*entering, *command],
            cwd=home,
            env=_variables(environment, shipped),
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


def _entering(home: Path, readable: Sequence[Path]) -> list[str]:
    program = str(HERE / "enter.py")
    return [sys.executable, "-I", program, str(home), *map(str, readable), "--"]


def _interpreter(environment: Path) -> Iterator[Path]:
    """The folders of the Python that a virtual environment was made of."""
    lines = (environment / "pyvenv.cfg").read_text().splitlines()
    settings = dict(line.split(" = ", 1) for line in lines if " = " in line)
    folder = Path(settings["home"])
    yield folder.parent
    yield (environment / "bin" / "python").resolve().parents[1]


def _variables(environment: Path, shipped: ShippedFiles) -> Mapping[str, str]:
    """All variables of the run: none of the person's, whose credentials are among them."""
    home, lineage = shipped.home, shipped.sources.lineage
    own = getattr(shipped.environment, "configuration_options", None) or {}
    return {
        **option_variables({**own, **(lineage.options if lineage else {})}),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": REGION,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.defpath}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


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
        seconds=float(answer.get("seconds", 0)),
        limit=float(answer.get("limit", 0)),
    )
