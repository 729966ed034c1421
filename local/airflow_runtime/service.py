"""The programs of an environment's Airflow: command lines, variables and readiness."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import certifi
from packaging.version import Version

from local.airflow_runtime import settings
from local.airflow_runtime.database import empty_database, upgraded_database
from local.airflow_runtime.deployed_environment import DeployedEnvironment
from local.airflow_runtime.home import (
    add_sign_in_plugin,
    create_temporary_folder,
    unpack_plugins,
    write_pem_bundle,
)
from local.airflow_runtime.startup import startup_variables
from local.aws_stand_in import AwsStandIn
from local.layout import ROOT
from local.processes import Program
from local.readiness import probe
from local.tls import Certificates

SAMPLE_DAG = Path(__file__).parent / "dags" / "hello_lineage.py"

AIRFLOW_2 = 2

WEB_SERVER = "web-server"

# By default both serve task logs on every address of the machine.
SCHEDULER: tuple[str, ...] = ("scheduler", "--skip-serve-logs")
TRIGGERER: tuple[str, ...] = ("triggerer", "--skip-serve-logs")
DAG_PROCESSOR: tuple[str, ...] = ("dag-processor",)


@dataclass(frozen=True, kw_only=True)
class LocalAirflow:
    """The Airflow of one environment.

    `host` is a host name of its own, such as `env1.localhost`, so that it shares no cookies; the
    certificate must cover it and `localhost`. `home` is its folder, `token_key` the file with the
    HMAC key of web login tokens.
    """

    environment: str
    version: str
    host: str
    port: int
    home: Path
    token_key: Path
    stand_in: AwsStandIn
    certificates: Certificates

    @property
    def url(self) -> str:
        """The URL of its web server."""
        return f"https://{self.host}:{self.port}"

    @property
    def database(self) -> Path:
        """The SQLite file: one for each version, because versions differ in their tables."""
        return self.home / f"airflow-{self.version}.db"

    @property
    def former_database(self) -> Path | None:
        """The file of the newest version before this one, if it has run here."""
        found = {
            Version(path.stem.removeprefix("airflow-")): path
            for path in self.home.glob("airflow-*.db")
        }
        older = [each for each in found if each < Version(self.version)]
        return found[max(older)] if older else None

    @property
    def major(self) -> int:
        """The major version of Airflow."""
        return int(self.version.split(".")[0])


def prepare(airflow: LocalAirflow, python: Path) -> None:
    """Creates its home folder, and its database from that of an older version if there is one."""
    airflow.home.mkdir(parents=True, exist_ok=True)
    airflow.home.chmod(0o700)
    for folder in ("dags", "logs"):
        (airflow.home / folder).mkdir(exist_ok=True)
    create_temporary_folder(airflow.home)
    if airflow.database.exists():
        return
    if former := airflow.former_database:
        upgraded_database(python, airflow.version, former, airflow.database)
    else:
        shutil.copy(empty_database(python, airflow.version), airflow.database)


def programs(airflow: LocalAirflow, python: Path, deployed: DeployedEnvironment) -> list[Program]:
    """Its programs, the web server first; fills the plugins folders from `deployed`."""
    plugins, web_plugins = airflow.home / "plugins", airflow.home / "web-server-plugins"
    for folder in (plugins, web_plugins):
        unpack_plugins(folder, deployed.plugins)
    add_sign_in_plugin(web_plugins)
    # The scheduler runs the tasks, so it needs the variables that a script sets for workers.
    variables = _variables(airflow, python, deployed, component="worker")
    web_variables = _variables(airflow, python, deployed, component="webserver") | {
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(web_plugins),
        "MWAA_LOCAL_ENVIRONMENT": airflow.environment,
        "MWAA_LOCAL_TOKEN_KEY": str(airflow.token_key),
        "MWAA_LOCAL_USED_TOKENS": str(airflow.home / "used-tokens"),
    }
    if airflow.major == AIRFLOW_2:
        web, others = _gunicorn(airflow), [SCHEDULER, TRIGGERER]
    else:
        web, others = ("airflow", "api-server"), [SCHEDULER, TRIGGERER, DAG_PROCESSOR]

    def program(name: str, arguments: Sequence[str], env: Mapping[str, str]) -> Program:
        return Program(
            name=_program_name(airflow.environment, name),
            argv=[str(python), "-m", *arguments],
            env=env,
            cwd=airflow.home,
            log=airflow.home / "logs" / f"{name}.log",
        )

    return [
        program(WEB_SERVER, web, web_variables),
        *(program(command[0], ("airflow", *command), variables) for command in others),
    ]


def program_names(environment: str) -> set[str]:
    """The names of an environment's programs, of either major version."""
    components = (WEB_SERVER, *(each[0] for each in (SCHEDULER, TRIGGERER, DAG_PROCESSOR)))
    return {_program_name(environment, each) for each in components}


def sync_program(locations: Path, *, stand_in: AwsStandIn, log: Path) -> Program:
    """The program that synchronises the DAG folders of all environments with their buckets.

    `locations` is a file of `local.airflow_runtime.sync`.
    """
    return Program(
        name="DAG sync",
        argv=[sys.executable, "-m", "local.airflow_runtime.sync", str(locations)],
        env=stand_in.process_environment,
        cwd=ROOT,
        log=log,
    )


def ready(airflow: LocalAirflow) -> bool:
    """Whether the web server accepts requests and the scheduler is healthy."""
    path = "/health" if airflow.major == AIRFLOW_2 else "/api/v2/monitor/health"
    response = probe(f"https://localhost:{airflow.port}{path}", airflow.certificates.ca)
    try:
        return response is not None and response.json()["scheduler"]["status"] == "healthy"
    except (ValueError, KeyError):
        return False


def _program_name(environment: str, component: str) -> str:
    return f"{environment} {component}"


def _variables(
    airflow: LocalAirflow, python: Path, deployed: DeployedEnvironment, *, component: str
) -> dict[str, str]:
    home, certificates = airflow.home, airflow.certificates
    # DAGs may call public hosts.
    public = Path(certifi.where())
    bundle = str(write_pem_bundle(home / "ca-bundle.pem", certificates.ca, public))
    if airflow.major == AIRFLOW_2:
        own = settings.airflow_2(home, url=airflow.url)
    else:
        # Tasks trust only the server's certificate file and the public authorities.
        chain_file = write_pem_bundle(
            home / "server.pem", certificates.certificate, certificates.ca
        )
        own = settings.airflow_3(
            home,
            port=airflow.port,
            certificate=chain_file,
            private_key=certificates.key,
        )
    initial = {**settings.inherited(python), **settings.defaults()}
    script = deployed.startup_script
    return {
        **initial,
        **(startup_variables(script, initial, component=component) if script else {}),
        **settings.option_variables(deployed.options),
        **airflow.stand_in.sdk_variables_of_role(deployed.execution_role, home / "aws-config"),
        "SSL_CERT_FILE": bundle,
        "REQUESTS_CA_BUNDLE": bundle,
        **settings.protected(home, database=airflow.database),
        **own,
    }


def _gunicorn(airflow: LocalAirflow) -> tuple[str, ...]:
    """The command of Airflow 2's web server, with one worker process.

    `airflow webserver` would add a process, and its workers serve one connection at a time, while
    browsers open some that they never use.
    """
    return (
        "gunicorn",
        *("--bind", f"127.0.0.1:{airflow.port}"),
        *("--workers", "1", "--worker-class", "gthread", "--threads", "8", "--preload"),
        *("--certfile", str(airflow.certificates.certificate)),
        *("--keyfile", str(airflow.certificates.key)),
        *("--config", "python:airflow.www.gunicorn_config"),
        "airflow.www.app:cached_app()",
    )
