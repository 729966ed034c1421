"""The DAG that checks from inside Airflow whether it reads connections and variables of AWS.

`./mwaa-platform secrets check` runs it, through Airflow's API, or as a program of its own in an
Airflow on the same machine. It asks the secrets backend that this Airflow is set up with, as tasks
do, and hands back how each went: the type of a connection, the class of an error, the code of AWS's
refusal. No value goes any further, nor what an error says, which may hold one.

It runs on Airflow 2.7 to 3.3.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

DAG_ID = "mwaa_platform_secrets_preflight"


def answers(asked: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Returns each of the asked kinds and names with its `result`, and a `note` on it.

    Results: read, missing, refused (AWS says no), unreadable (no connection), untyped, failed, and
    none, for an Airflow without a secrets backend.
    """
    from airflow.configuration import get_custom_secret_backend  # noqa: PLC0415 - not at each parse

    backend = get_custom_secret_backend()
    found = []
    for each in asked:
        result, note = ("none", "") if backend is None else _answer(backend, **each)
        found.append({**each, "result": result, "note": note})
    return found


def _answer(backend: Any, *, kind: str, name: str) -> tuple[str, str]:
    read = backend.get_variable if kind == "variable" else backend.get_conn_value
    try:
        value = read(name)
    except Exception as error:  # noqa: BLE001 - each becomes a result
        response = getattr(error, "response", None)
        code = response["Error"]["Code"] if response else type(error).__name__
        return ("refused" if "AccessDenied" in code else "failed"), code
    if value is None:
        return "missing", ""
    if kind == "variable":
        return "read", ""
    try:
        connection_type = _connection(name, value).conn_type
    except Exception as error:  # noqa: BLE001 - each becomes a result
        return "unreadable", type(error).__name__
    return ("read", str(connection_type)) if connection_type else ("untyped", "")


def _connection(name: str, value: str) -> Any:
    """The connection that tasks get for the text of a secret."""
    text, of_tasks = value.strip(), _connection_class()
    if text[0] == "{":
        return of_tasks.from_json(text, conn_id=name)
    if hasattr(of_tasks, "from_uri"):
        return of_tasks.from_uri(text, conn_id=name)
    return of_tasks(conn_id=name, uri=text)


def _connection_class() -> Any:
    """The class of tasks; the first versions of Airflow 3 use that of the server for this."""
    try:
        from airflow.sdk import Connection  # noqa: PLC0415 - not at each parse

        if hasattr(Connection, "from_uri"):
            return Connection
    except ImportError:
        pass
    from airflow.models import Connection as OfServer  # noqa: PLC0415

    return OfServer


def main() -> None:
    """Answers, in JSON, the question on standard input; nothing else of Airflow's is shown."""
    answer = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    found = json.dumps(answers(json.load(sys.stdin)))
    os.write(answer, found.encode())


def define_dag() -> None:
    """The DAG, for Airflow that reads this file."""
    try:
        from airflow.sdk import dag, task  # noqa: PLC0415 - a program of its own has no DAG
    except ImportError:  # Airflow 2
        from airflow.decorators import dag, task  # noqa: PLC0415

    @task(task_id="check")  # type: ignore[untyped-decorator]
    def check(dag_run: Any = None) -> str:
        return json.dumps(answers((dag_run.conf or {}).get("asked", [])))

    @dag(  # type: ignore[untyped-decorator]
        dag_id=DAG_ID,
        description="Whether connections and variables can be read",
        schedule=None,
        start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),  # noqa: UP017 - Python 3.10
        catchup=False,
        is_paused_upon_creation=False,
        default_args={"owner": "mwaa-platform", "retries": 0},
        tags=["mwaa-platform"],
        doc_md=__doc__,
    )
    def secrets_preflight() -> None:
        check()

    secrets_preflight()


if __name__ == "__main__":
    main()
else:
    define_dag()
