"""An installed Airflow with a home of its own, and the programs that run it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.version import Version

from local.airflow_runtime import settings
from local.airflow_runtime.database import empty_database
from local.airflow_runtime.home import unpack_plugins
from local.pins import SNAPSHOTS
from local.ports import choose
from local.processes import Processes, Program
from local.readiness import probe
from tests.matrix.versions import FIRST_WITH_EXECUTION_API, FIRST_WITH_PROVIDER
from tests.waits import DEADLINE_SECONDS

DAGS = Path(__file__).parent / "dags"
API_PORT = 9480
READ_TOKEN = """
import sys, mwaa_platform_lineage, mwaa_platform_token
mwaa_platform_token.token(sys.argv[1])
"""
ATTEMPTS = 3

TIMING = {
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "600",
    # A busy machine is late: after these times tasks would fail, and events be given up.
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "120",
    "AIRFLOW__OPENLINEAGE__EXECUTION_TIMEOUT": "120",
}


@dataclass(frozen=True, kw_only=True)
class Airflow:
    """`variables` are those of each of its processes, the options of MWAA among them."""

    version: str
    python: Path
    home: Path
    variables: Mapping[str, str]

    @property
    def plugins(self) -> Path:
        return self.home / "plugins"

    @property
    def temporary(self) -> Path:
        """Its temporary folder, as one host has it."""
        return self.home / "tmp"

    def run(self, *command: str, **variables: str) -> str:
        """The output of a Python command that must succeed."""
        result = subprocess.run(
            [self.python, *command],
            env={**self.variables, **variables},
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    def airflow(self, *command: str, **variables: str) -> str:
        """The output of an Airflow command that must succeed."""
        return self.run("-m", "airflow", *command, **variables)

    def rows(self, query: str, *parameters: str) -> list[tuple[Any, ...]]:
        """What its database answers."""
        with closing(
            sqlite3.connect(f"file:{quote(str(_database(self.home)))}?mode=ro", uri=True)
        ) as database:
            return database.execute(query, parameters).fetchall()

    def read_token(self, catalogue: str) -> None:
        """Have the token of a catalogue read, for all processes, as the only one it has.

        On a busy machine the AWS SDK may not load in the time that a task gives it, and that the
        attempt failed is remembered for longer than the first tasks take.
        """
        for left in reversed(range(ATTEMPTS)):
            self.forget_tokens()
            try:
                self.run("-c", READ_TOKEN, catalogue, PYTHONPATH=str(self.plugins))
            except AssertionError:
                if not left:
                    raise
            else:
                return

    def forget_tokens(self) -> None:
        """What processes of one host keep for one another is in its temporary folder."""
        for folder in self.temporary.glob("mwaa-platform-*"):
            shutil.rmtree(folder)

    def logs(self) -> str:
        """All that its programs and tasks logged."""
        found = sorted((self.home / "logs").rglob("*.log"))
        return "\n".join(path.read_text(errors="replace") for path in found)

    def log_of(self, dag: str, run: str) -> str:
        """What the tasks of a run logged."""
        found = (self.home / "logs" / f"dag_id={dag}" / f"run_id={run}").rglob("*.log")
        return "\n".join(path.read_text(errors="replace") for path in found)

    @contextmanager
    def serving_api(self) -> Iterator[str]:
        """The API server alone, at this address, until the block ends."""
        processes = Processes(self.home / "processes.json")
        try:
            processes.start(self._program("api-server"))
            processes.wait_until(self._api_answers, "api-server", seconds=DEADLINE_SECONDS)
            yield self._api
        finally:
            processes.stop()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Scheduler and what it needs, until the block ends."""
        processes = Processes(self.home / "processes.json")
        try:
            if Version(self.version) >= FIRST_WITH_EXECUTION_API:
                processes.start(self._program("dag-processor"))
                processes.start(self._program("api-server"))
                # The first tasks would give up before it answers.
                processes.wait_until(self._api_answers, "api-server", seconds=DEADLINE_SECONDS)
            processes.start(self._program("scheduler", "--skip-serve-logs"))
            yield
        finally:
            processes.stop()

    def _program(self, *command: str) -> Program:
        return Program(
            name=command[0],
            argv=[str(self.python), "-m", "airflow", *command],
            env=self.variables,
            cwd=self.home,
            log=self.home / "logs" / f"{command[0]}.log",
        )

    @property
    def _api(self) -> str:
        return f"http://127.0.0.1:{self.variables['AIRFLOW__API__PORT']}"

    def _api_answers(self) -> bool:
        return probe(f"{self._api}/api/v2/version") is not None


def prepare(
    version: str,
    *,
    python: Path,
    home: Path,
    plugins: Path,
    dags: Path,
    options: Mapping[str, str],
    secrets_manager: str,
    database: Mapping[str, str] | None = None,
) -> Airflow:
    """Give an Airflow a home with what is shipped, the tests' DAGs and an empty database.

    `database` are the variables of a server of databases; without them it is a SQLite file.
    """
    for folder in ("dags", "logs", "tmp"):
        (home / folder).mkdir(parents=True)
    unpack_plugins(home / "plugins", plugins)
    shutil.unpack_archive(dags, home / "dags")
    for file in DAGS.glob("*.py"):
        shutil.copy(file, home / "dags")
    made = Airflow(
        version=version,
        python=python,
        home=home,
        variables={
            **_variables(version, python, home, options),
            **_secrets_manager_at(secrets_manager, home),
            **(database or {}),
        },
    )
    if database:
        made.airflow("db", "migrate")
    elif version in SNAPSHOTS:
        made.airflow("db", "init" if Version(version) < FIRST_WITH_PROVIDER else "migrate")
    else:
        shutil.copy(empty_database(python, version), _database(home))
    return made


def _secrets_manager_at(url: str, home: Path) -> dict[str, str]:
    """Variables that lead the AWS SDK to a Secrets Manager here.

    Before 1.31 it knows no variable for an address, but takes the rules for it from a folder.
    """
    folder = home / "aws-sdk" / "secretsmanager" / "2017-10-17"
    folder.mkdir(parents=True)
    region = {"Region": {"builtIn": "AWS::Region", "type": "String", "documentation": "as it is"}}
    rule = {"type": "endpoint", "conditions": [], "endpoint": {"url": url}}
    rules = {"version": "1.0", "parameters": region, "rules": [rule]}
    (folder / "endpoint-rule-set-1.json").write_text(json.dumps(rules))
    return {
        "AWS_DATA_PATH": str(home / "aws-sdk"),
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "local",
    }


def _variables(
    version: str, python: Path, home: Path, options: Mapping[str, str]
) -> dict[str, str]:
    variables = {
        **settings.inherited(python),
        **settings.defaults(),
        **TIMING,
        **settings.option_variables(options),
        **settings.protected(home, database=_database(home)),
        "TMPDIR": str(home / "tmp"),
        "WAREHOUSE": str(home / "warehouse.db"),
    }
    if version in SNAPSHOTS:
        del variables["AIRFLOW__CORE__AUTH_MANAGER"]
    if Version(version) < FIRST_WITH_EXECUTION_API:
        return variables | {"AIRFLOW__CORE__EXECUTOR": "SequentialExecutor"}
    port = choose({"api-server": API_PORT})["api-server"]
    return variables | {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": "local",
        "AIRFLOW__API_AUTH__JWT_SECRET": "local-and-long-enough-for-the-tasks",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
    }


def _database(home: Path) -> Path:
    return home / "airflow.db"
