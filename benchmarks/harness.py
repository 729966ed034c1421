"""Harness for measuring functions: bundles, Lambda's Python, and stand-ins for what they call."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import certifi
from uv import find_uv_bin

from benchmarks import lambda_process
from benchmarks.lambda_process import Cost
from mwaa_platform.sign_in.authenticator_bundle import PLATFORM, build
from tests.loopback import Request, Response, Server, serving
from tests.unit.authenticator import alb_events
from tests.unit.authenticator.conftest import certify, deployed_variables
from tests.unit.authenticator.fake_aws import FakeAws, KeyEndpoint

ENVIRONMENTS, GROUPS = 200, 20
COMPARISON = Path(__file__).with_name("comparison")
OPENED, ROLE = "environment-000", "Viewer"
USER: dict[str, Any] = {"sub": "1", "email": "ada@example.com", "email_verified": True}
MEMBER: dict[str, Any] = {
    **USER,
    "email": "grace@example.com",
    "groups": [f"data-platform-team-{number:02}" for number in range(GROUPS)],
}


@dataclass(frozen=True)
class LambdaBundle:
    """The bundle of a function, as it is deployed."""

    bundle: Path
    handler: str

    @property
    def unpacked_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.bundle.rglob("*") if path.is_file())

    @property
    def zipped_bytes(self) -> int:
        archive = shutil.make_archive(f"{self.bundle}", "zip", self.bundle)
        return Path(archive).stat().st_size


@dataclass(frozen=True)
class ProcessCost:
    """The costs of one execution environment, and the numbers of its calls."""

    imported: Cost
    workloads: Sequence[Sequence[Cost]]
    peak_bytes: int
    aws_calls: int
    key_fetches: int


@dataclass
class Harness:
    """A Python like Lambda's, and the stand-ins with the variables of their endpoints.

    AWS keeps connections open between requests, but closes idle ones; without `keep_alive` each
    request finds its connections closed.
    """

    folder: Path
    fake_aws: FakeAws
    keys: KeyEndpoint
    python: Path = Path()
    variables: dict[str, str] = field(default_factory=dict)
    keep_alive: bool = True

    def answer(self, request: Request) -> Response:
        """The response of AWS, or of the comparison's key endpoint."""
        if request.path.startswith("/keys/"):
            return self.keys.answer(request)
        answer = self.fake_aws.answer(request)
        return answer if self.keep_alive else replace(answer, headers={"Connection": "close"})

    def run(
        self, function: LambdaBundle, *workloads: dict[str, Any], keep_alive: bool = True
    ) -> ProcessCost:
        """Starts an execution environment of the function and runs the workloads in it."""
        self.keep_alive = keep_alive
        self.fake_aws.calls.clear()
        self.keys.asked.clear()
        result = self.folder / "result.json"
        subprocess.run(
            [self.python, "-P", lambda_process.__file__, result],
            input=json.dumps({"handler": function.handler, "workloads": workloads}),
            env={**self.variables, "PYTHONPATH": str(function.bundle)},
            stdout=subprocess.DEVNULL,
            text=True,
            check=True,
        )
        report = json.loads(result.read_text())
        return ProcessCost(
            imported=report["import"],
            workloads=report["workloads"],
            peak_bytes=report["peak_bytes"],
            aws_calls=len(self.fake_aws.calls),
            key_fetches=len(self.keys.asked),
        )


@contextmanager
def start_harness(folder: Path, python: str, *, tls: bool) -> Iterator[Harness]:
    """Serves the stand-ins from this process, with TLS or without.

    The authenticator downloads keys over TLS only, so its own key endpoint always has TLS.
    Functions trust the public authorities and that of the stand-ins, because loading the former is
    a part of a connection's cost.
    """
    context, authority = certify(folder)
    with authority.open("a") as bundle:
        bundle.write(Path(certifi.where()).read_text())
    keys = KeyEndpoint({f"/keys/{alb_events.KEY_ID}": (200, alb_events.PUBLIC_PEM)})
    harness = Harness(folder, _fake_aws(), keys, _runtime(folder / "runtime", python))
    with (
        serving(Server(harness.answer, context if tls else None)) as aws,
        serving(Server(keys.answer, context)) as key_server,
    ):
        harness.variables = {
            **deployed_variables(aws.url, key_server.url, authority),
            "COMPARISON_KEY_ENDPOINT": f"{aws.url}/keys",
            "AWS_CA_BUNDLE": str(authority),
            "REQUESTS_CA_BUNDLE": str(authority),
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        yield harness


def authenticator(folder: Path) -> LambdaBundle:
    """The authenticator's bundle, for a platform of many environments."""
    listing = [
        {"name": name, "description": f"Data of team {name}", "airflow_version": "3.0.6"}
        for name in _names()
    ]
    build(folder, json.dumps(listing))
    return LambdaBundle(folder, "authenticator.handler.handle")


def comparison(folder: Path) -> LambdaBundle:
    """The comparison's bundle, installed in the same way."""
    _uv("pip", "install", *PLATFORM, f"--target={folder}", "-r", COMPARISON / "requirements.txt")
    shutil.copy(COMPARISON / "comparison.py", folder)
    return LambdaBundle(folder, "comparison.handle")


def sign_in(claims: dict[str, Any], *, times: int, warm_up: int = 0) -> dict[str, Any]:
    """The workload of a user who follows a link into an environment."""
    event = alb_events.deep_link(OPENED, ROLE, sign_in=_token(claims))
    return {"event": event, "status": 302, "times": times, "warm_up": warm_up}


def portal(claims: dict[str, Any], *, times: int, warm_up: int = 0) -> dict[str, Any]:
    """The workload of a user who opens the portal."""
    event = alb_events.event("/", sign_in=_token(claims))
    return {"event": event, "status": 200, "times": times, "warm_up": warm_up}


def _token(claims: dict[str, Any]) -> str:
    return alb_events.token(claims, exp=int(time.time()) + 3600)


def _names() -> list[str]:
    return [f"environment-{number:03}" for number in range(ENVIRONMENTS)]


def _fake_aws() -> FakeAws:
    """Grants the user one environment, and each of the member's groups an equal share of all."""
    fake_aws = FakeAws(
        environments={
            name: {
                "Name": name,
                "Status": "AVAILABLE",
                "AirflowVersion": "3.0.6",
                "WebserverAccessMode": "PRIVATE_ONLY",
            }
            for name in _names()
        },
        web_login={"WebServerHostname": "a.airflow.example.com", "WebToken": "token" * 100},
    )
    fake_aws.grant(f"user:{USER['email']}", OPENED, ROLE)
    for number, name in enumerate(_names()):
        group = MEMBER["groups"][number % GROUPS]
        fake_aws.grant(f"group:{group}", name, "Viewer", "User", "Op")
    item = {"email": {"S": USER["email"]}, "mwaa_env": {"S": OPENED}, "rbac_roles": {"S": ROLE}}
    fake_aws.faults["GetItem"] = lambda _: (200, json.dumps({"Item": item}))
    return fake_aws


def _runtime(folder: Path, python: str) -> Path:
    """A Python with the packages of Lambda's runtime, compiled."""
    _uv("venv", "--python", python, folder)
    path = folder / "bin" / "python"
    boto3 = f"boto3=={version('boto3')}"
    _uv("pip", "install", "--python", path, "--compile-bytecode", boto3)
    return path


def _uv(*arguments: str | Path) -> None:
    subprocess.run([find_uv_bin(), "--quiet", *arguments], check=True)
