"""The environment variables of one local Airflow."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from local.airflow_runtime.database import FAB
from local.airflow_runtime.home import temporary_folder
from local.processes import inherited_variables
from local.secret_file import secret_file

TASKS_AT_ONCE = "2"
SECONDS_BETWEEN_SCANS = "5"
# The duration of a session on MWAA.
SESSION_HOURS = 12


def option_variables(options: Mapping[str, str]) -> dict[str, str]:
    """Airflow configuration options ("section.key") as the variables that MWAA sets."""
    variables = {}
    for option, value in options.items():
        section, _, name = option.partition(".")
        variables[f"AIRFLOW__{section.upper()}__{name.upper()}"] = value
    return variables


def inherited(python: Path) -> dict[str, str]:
    """The variables inherited from this process, with Airflow's own programs first in PATH."""
    kept = inherited_variables()
    return {**kept, "PATH": f"{python.parent}{os.pathsep}{kept.get('PATH', os.defpath)}"}


def defaults() -> dict[str, str]:
    """Settings for a laptop that the environment's options override."""
    return {
        "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": SECONDS_BETWEEN_SCANS,
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": SECONDS_BETWEEN_SCANS,
    }


def protected(home: Path, *, database: Path) -> dict[str, str]:
    """Settings of both majors that no option overrides, as MWAA protects its own."""
    return {
        "HOME": str(home),
        # It contains the tokens that Airflow's processes share, which must not outlive the run.
        "TMPDIR": str(temporary_folder(home)),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__AUTH_MANAGER": FAB,
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": secret_file(home / "keys" / "fernet").read_text(),
        # The default needs a name server, which a laptop may not reach.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # Airflow 3 starts a process for each task that may run at once.
        "AIRFLOW__CORE__PARALLELISM": TASKS_AT_ONCE,
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{database}",
        # A user's role must change with the next sign-in, not half a minute later.
        "AIRFLOW__FAB__CACHE_TTL": "0",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__SCHEDULER__PARSING_PROCESSES": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def airflow_2(home: Path, *, url: str) -> dict[str, str]:
    """Protected settings of Airflow 2."""
    return {
        # Airflow 2 runs tasks in parallel only on databases with row locks.
        "AIRFLOW__CORE__EXECUTOR": "SequentialExecutor",
        "AIRFLOW__WEBSERVER__BASE_URL": url,
        "AIRFLOW__WEBSERVER__COOKIE_SECURE": "True",
        "AIRFLOW__WEBSERVER__SECRET_KEY": secret_file(home / "keys" / "web").read_text(),
        "AIRFLOW__WEBSERVER__SESSION_LIFETIME_MINUTES": str(SESSION_HOURS * 60),
    }


def airflow_3(home: Path, *, port: int, certificate: Path, private_key: Path) -> dict[str, str]:
    """Protected settings of Airflow 3, whose tasks call the API server over TLS.

    As in MWAA's image, `api.base_url` is not among them: redirects stay on the host that was asked.
    https://github.com/aws/amazon-mwaa-docker-images/blob/main/images/airflow/3.0.6/python/mwaa/config/airflow.py
    """
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__SECRET_KEY": secret_file(home / "keys" / "web").read_text(),
        "AIRFLOW__API__SSL_CERT": str(certificate),
        "AIRFLOW__API__SSL_KEY": str(private_key),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME": str(SESSION_HOURS * 3600),
        "AIRFLOW__API_AUTH__JWT_SECRET": secret_file(home / "keys" / "tasks").read_text(),
        # The C library does not resolve names below .localhost.
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"https://localhost:{port}/execution/",
        "AIRFLOW__FAB__COOKIE_SECURE": "True",
    }
