"""Airflow's metadata database: migrated once for each virtual environment, then copied.

An upgraded environment takes its own one along.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from errors import PlatformError
from local.toolchain import run

FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
# They create the tables, then the default roles and their permissions.
COMMANDS = (("db", "migrate"), ("sync-perm",))


def empty_database(python: Path, version: str) -> Path:
    """A migrated SQLite file without users, connections or runs, kept in the virtual environment.

    Its journal mode is Airflow's default: on Airflow 2 the lineage provider forks the scheduler to
    send events, and processes that share a write-ahead log through a fork corrupt it.

    Raises PlatformError when Airflow cannot create it.
    """
    folder = python.parent.parent
    database = folder / "airflow.db"
    with (folder / "airflow.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not database.exists():
            with tempfile.TemporaryDirectory(dir=folder) as home:
                _migrate(python, version, Path(home) / "airflow.db").replace(database)
    return database


def upgraded_database(python: Path, version: str, former: Path, database: Path) -> None:
    """Writes a copy of another version's SQLite file, with the tables of this version.

    Raises PlatformError when Airflow cannot migrate it.
    """
    with tempfile.TemporaryDirectory(dir=database.parent) as home:
        copy = Path(shutil.copy(former, Path(home) / "airflow.db"))
        _migrate(python, version, copy).replace(database)


def _migrate(python: Path, version: str, database: Path) -> Path:
    for command in COMMANDS:
        _run_airflow(python, version, database.parent, *command)
    return database


def _run_airflow(python: Path, version: str, home: Path, *command: str) -> None:
    run(
        [str(python), "-m", "airflow", *command],
        env={
            "PATH": os.defpath,
            "HOME": str(home),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__AUTH_MANAGER": FAB,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        },
        cwd=home,
        failure=PlatformError(
            f"Airflow {version} could not make its database.",
            place=f"airflow {' '.join(command)}",
            remedy="Check that the disk has room, then try again.",
        ),
    )
