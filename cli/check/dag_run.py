"""A run of one DAG by `airflow dags test`, contained where that can be."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from artifacts.plugins import SETTINGS_FILE
from cli.check.containment import airflow_folders, airflow_variables, enclosed
from cli.check.shipped import ShippedFiles

SECONDS = 900
LIMITS = "ulimit -c 0 -f 1048576 -v 8388608; "
PROGRAM = LIMITS + '"$1" -m airflow db migrate >&2 && exec "$1" -m airflow dags test -- "$2" >&2'
TRANSPORT = "AIRFLOW__OPENLINEAGE__TRANSPORT"
LARGEST_EVENTS, LONGEST_END = 32 << 20, 1 << 18
MOST_TASKS, LONGEST_VALUE, MOST_STEPS = 10_000, 1 << 16, 5_000_000
"""Of a database that the code of a DAG may have written: rows, bytes, and steps of a query."""


@dataclass(frozen=True, kw_only=True)
class DagRun:
    """How a run ended: its state, None where it has none, and those of its tasks.

    `events` are what it sent to the data catalogues, each an OpenLineage event; `said` is the end
    of its output.
    """

    state: str | None
    tasks: Mapping[str, str]
    events: Sequence[Mapping[str, object]]
    timed_out: bool
    said: str


def run_dag(
    dag: str, python: Path, shipped: ShippedFiles, *, contained: bool, network: bool
) -> DagRun:
    """Runs it once with all of its tasks, whose events are kept in a file."""
    home, environment = shipped.home, python.parent.parent.resolve()
    events = home / "lineage.jsonl"
    variables = {
        **airflow_variables(environment, shipped),
        "AIRFLOW__CORE__LOAD_DEFAULT_CONNECTIONS": "False",
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        **written_to(events, home / "plugins" / SETTINGS_FILE),
    }
    command = ["/bin/bash", "-c", PROGRAM, "bash", str(environment / "bin" / python.name), dag]
    if contained:
        readable = airflow_folders(environment)
        command = enclosed(command, home, readable, variables, network=network)
    with (home.parent / "run.log").open("w+b") as log:
        process = subprocess.Popen(
            command,
            cwd=home,
            env={} if contained else variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )
        timed_out = False
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.seek(max(0, log.seek(0, os.SEEK_END) - LONGEST_END))
        said = log.read().decode(errors="replace")
    state, tasks = states_written(home / "airflow.db", dag)
    return DagRun(
        state=state, tasks=tasks, events=events_written(events), timed_out=timed_out, said=said
    )


def written_to(events: Path, settings: Path) -> Mapping[str, str]:
    """The variables, and the plugin's settings, that have events written to a file."""
    # The startup script may have made links to anywhere.
    if settings.parent.is_symlink() or settings.is_symlink() or not settings.is_file():
        return {}
    transport = {"type": "file", "log_file_path": str(events), "append": True}
    content = json.loads(settings.read_text("utf-8"))
    if not content.get("transport"):
        return {}
    # Without catalogues no token is asked for.
    own = {**content, "transport": transport, "catalogues": []}
    settings.unlink()
    settings.write_text(json.dumps(own), "utf-8")
    return {TRANSPORT: json.dumps(transport)}


def states_written(database: Path, dag: str) -> tuple[str | None, Mapping[str, str]]:
    """The states of the last run and of its tasks; none where the database has no such run."""
    if database.is_symlink() or not database.is_file():
        return None, {}
    try:
        with closing(_opened(database)) as connection:
            run = connection.execute(
                "select run_id, state from dag_run where dag_id = ? order by id desc limit 1",
                (dag,),
            ).fetchone()
            tasks = connection.execute(
                "select task_id, coalesce(cast(map_index as integer), -1), state from task_instance"
                " where run_id = ? and dag_id = ? order by end_date, task_id, map_index limit ?",
                (run and run[0], dag, MOST_TASKS),
            ).fetchall()
    except (sqlite3.Error, UnicodeDecodeError):
        return None, {}
    states = {
        f"{name}[{index}]" if index >= 0 else str(name): str(state or "not run")
        for name, index, state in tasks
    }
    return (str(run[1]) if run else None), states


def _opened(database: Path) -> sqlite3.Connection:
    """The database, of which no query takes long or fills the memory, whatever its schema is."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    connection.set_progress_handler(lambda: True, MOST_STEPS)
    return connection


def events_written(file: Path) -> Sequence[Mapping[str, object]]:
    """The events of a file, without what is none: the DAG's code could write there."""
    if file.is_symlink() or not file.is_file() or file.stat().st_size > LARGEST_EVENTS:
        return []
    found = []
    for line in file.read_text("utf-8", errors="replace").splitlines():
        with suppress(ValueError, RecursionError):
            event = json.loads(line)
            if isinstance(event, dict):
                found.append(event)
    return found
