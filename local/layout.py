"""The folders, ports and addresses of one local run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".local" / "cache"
DEFAULT_STATE = ROOT / ".local" / "run"

ACCOUNT = "000000000000"
REGION = "us-east-1"
PORTAL_HOST = "localhost"
# Requests to this machine bypass the person's proxy.
NO_PROXY = "localhost,127.0.0.1,.localhost"
MARK = "MWAA_PLATFORM_RUN"
"""Variable of the programs of a run, and of all that they start: the path of its record."""

PREFERRED_PORTS: Mapping[str, int] = {
    "aws": 4566,
    "gate": 8441,
    "quick start": 8442,
    "alb": 8443,
    "idp": 8444,
    "lineage": 8445,
}
FIRST_AIRFLOW_PORT = 8446


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The state folder of one run and its ports, by service; an Airflow's by `airflow_service`."""

    state: Path
    ports: Mapping[str, int]

    @property
    def aws(self) -> str:
        """The endpoint URL of the AWS stand-in."""
        return f"http://127.0.0.1:{self.ports['aws']}"

    @property
    def alb(self) -> str:
        """The URL of the portal's load balancer."""
        return f"https://{PORTAL_HOST}:{self.ports['alb']}"

    @property
    def identity_provider(self) -> str:
        """The issuer URL of the identity provider."""
        return f"https://localhost:{self.ports['idp']}"

    @property
    def lineage(self) -> str:
        """The URL of the lineage endpoint, which replaces the data catalogues."""
        return f"https://localhost:{self.ports['lineage']}"

    def airflow_port(self, environment: str) -> int:
        """The port of an environment's Airflow."""
        return self.ports[airflow_service(environment)]

    def webserver(self, environment: str) -> str:
        """Host and port of an environment's Airflow.

        Each has a host name of its own, because browsers share cookies among ports. Browsers
        resolve `*.localhost` to this machine.
        """
        return f"{environment_host(environment)}:{self.airflow_port(environment)}"

    def log(self, name: str) -> Path:
        """The log file of a program."""
        return self.state / "logs" / f"{name}.log"


def airflow_service(environment: str) -> str:
    """The service name of an environment's Airflow."""
    # Prefixed, because an environment may have the name of another service.
    return f"airflow {environment}"


def environment_host(environment: str) -> str:
    """A host name on this machine for an environment."""
    return f"{environment.lower().replace('_', '-')}.localhost"


def ui_host(environment: str) -> str:
    """The host name under which the load balancer serves an environment's Airflow."""
    return f"ui-{environment_host(environment)}"


def preferred_ports(environments: Iterable[str]) -> dict[str, int]:
    """The ports that a run uses where they are free."""
    services = map(airflow_service, environments)
    return {**PREFERRED_PORTS, **dict(zip(services, count(FIRST_AIRFLOW_PORT), strict=False))}
