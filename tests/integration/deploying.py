"""A platform in the AWS stand-in for `deploy`, with Airflows that say what a test lets them say."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from botocore.exceptions import ClientError

from app import platform
from cli.deploy.cdk_run import CdkCli
from config.loader import load_configuration
from local.aws import trouble
from local.aws.trouble import Failure, Trouble
from local.aws_stand_in import AwsStandIn
from local.deployment import Deployment
from local.layout import ACCOUNT, REGION, Layout, environment_host
from local.local_configuration import CLIENT_ID, local_configuration
from local.ports import choose
from local.prerequisites import Prerequisites, create_prerequisites
from local.summary import write_summary
from local.tls import make_certificates
from tests.loopback import Request, Response, Server, serving
from tests.running_stand_in import running_stand_in
from tests.summaries import summary_of
from tests.templates.synthesis import raw_sample
from tests.unit.cli.terminal import Result, Terminal

Json = dict[str, Any]

APP, CANARY, SECOND = "waves", "canary", "second"
PREFERRED_PORTS = {"aws": 14686, "alb": 14687, "idp": 14688, "lineage": 14689}
CLIENT_SECRET = "canary-client-secret"
LOCK = f"/{APP}/deployment"


def configuration(**entry: Any) -> Json:
    """A portal, and two environments in two waves, with further keys for both."""
    raw = raw_sample("one-new")
    common = {**raw["MwaaEnvironments"][0], "WebServerAccessMode": "PUBLIC_ONLY", **entry}
    raw["MwaaEnvironments"] = [
        {**common, "Name": SECOND, "VpcCIDR": "10.2.0.0/16", "Wave": 2},
        {**common, "Name": CANARY},
    ]
    return {**raw, "AppName": APP}


@dataclass
class Airflow:
    """What an environment's Airflow says of itself."""

    import_errors: int = 0
    running_tasks: int = 0
    broken_by: Path | None = None
    """A file whose existence means an import error more."""

    def answer(self, request: Request) -> Response:
        path = request.path.partition("?")[0].removeprefix("/api/v2")
        if path == "/pluginsv2/aws_mwaa/login":
            return Response(200, headers={"Set-Cookie": "session=1"})
        if path == "/plugins":  # which a Viewer may not see
            return Response(403, b"{}")
        return Response(200, json.dumps(self._content(path)).encode())

    def _content(self, path: str) -> Json:
        if path == "/monitor/health":
            return {"scheduler": {"status": "healthy"}}
        if path == "/importErrors":
            count = self.import_errors + bool(self.broken_by and self.broken_by.exists())
            files = [{"filename": f"dags/{number}.py"} for number in range(count)]
            return {"import_errors": files, "total_entries": count}
        assert path == "/dags/~/dagRuns/~/taskInstances"
        return {"total_entries": self.running_tasks}


@dataclass(frozen=True, kw_only=True)
class Deploying:
    """The account, and somebody who edits the configuration and deploys it."""

    layout: Layout
    cloud: AwsStandIn
    airflows: dict[str, Airflow]
    prerequisites: Prerequisites

    @property
    def file(self) -> Path:
        return self.layout.state / "cdk" / "cdk.context.json"

    def fitted(self, raw: Json) -> Json:
        """A configuration, with what there is in this account."""
        return local_configuration(
            raw, layout=self.layout, folder=self.file.parent, prerequisites=self.prerequisites
        )

    def write(self, raw: Json) -> None:
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(json.dumps(self.fitted(raw)))

    def deploy(self, terminal: Terminal, *arguments: str) -> Result:
        state = ("--local", "--state", str(self.layout.state))
        return terminal.type("deploy", *state, "--yes", "--settle", "0s", *arguments)

    def fail(self, *failures: Failure) -> None:
        trouble.write(self.layout.state / "trouble.json", Trouble(failures=failures))

    def hold(self, *stacks: str) -> None:
        """Have deployments of these stacks begin and go no further, until others are named."""
        held = tuple(f"{APP}-{each}" for each in stacks)
        trouble.write(self.layout.state / "trouble.json", Trouble(held=held))

    def status(self, stack: str) -> str:
        """The status of a stack."""
        [found] = self.cloudformation.describe_stacks(StackName=f"{APP}-{stack}")["Stacks"]
        return str(found["StackStatus"])

    def output(self, stack: str, name: str) -> str:
        """An output of a stack."""
        [found] = self.cloudformation.describe_stacks(StackName=f"{APP}-{stack}")["Stacks"]
        return next(str(e["OutputValue"]) for e in found["Outputs"] if e["OutputKey"] == name)

    def resources(self, stack: str) -> dict[str, tuple[str, str]]:
        """The types and names of a stack's resources by logical id; none where it is gone."""
        try:
            found = self.cloudformation.describe_stack_resources(StackName=f"{APP}-{stack}")
        except ClientError:
            return {}
        return {
            each["LogicalResourceId"]: (each["ResourceType"], each["PhysicalResourceId"])
            for each in found["StackResources"]
            if each["ResourceStatus"] != "DELETE_COMPLETE"
        }

    def workers(self, environment: str) -> int:
        """The most workers of an environment."""
        client = self.cloud.session.client("mwaa")
        return int(client.get_environment(Name=environment)["Environment"]["MaxWorkers"])

    def is_locked(self) -> bool:
        names = self.cloud.session.client("ssm").describe_parameters()["Parameters"]
        return LOCK in {each["Name"] for each in names}

    @cached_property
    def cloudformation(self) -> Any:
        return self.cloud.session.client("cloudformation")


@contextmanager
def deploying(
    state: Path, *, deployed: bool = True, raw: Json | None = None, lineage_token: str = ""
) -> Iterator[Deploying]:
    """An account in which the platform is deployed, or is not yet.

    `raw` is its configuration, without one that of `configuration()`.
    """
    raw = raw or configuration()
    layout = Layout(state=state, ports=choose(PREFERRED_PORTS))
    hosts = [environment_host(each) for each in (CANARY, SECOND)]
    certificates = make_certificates(state / "certificates", ["localhost", *hosts])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.certificate, certificates.key)
    airflows = {CANARY: Airflow(), SECOND: Airflow()}
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(serving(Server(airflow.answer, tls)))
            for name, airflow in airflows.items()
        }
        webservers = {
            name: f"{environment_host(name)}:{server.server_port}"
            for name, server in servers.items()
        }
        processes = stack.enter_context(
            running_stand_in(layout, webservers=webservers, ca=certificates.ca)
        )
        write_summary(summary_of(aws=layout.aws, ca=str(certificates.ca)), state)
        cloud = AwsStandIn(endpoint=layout.aws)
        (folder := state / "cdk").mkdir()
        deployment = Deployment(
            folder=folder,
            stand_in=cloud,
            processes=processes,
            log=layout.log("cdk"),
            assembly=state / "first",
        )
        deployment.bootstrap()
        made = Deploying(
            layout=layout, cloud=cloud, airflows=airflows, prerequisites=Prerequisites()
        )
        made.write(raw)
        prerequisites = create_prerequisites(
            cloud,
            load_configuration(made.file),
            (),
            folder=state / "existing",
            certificate_arn="",
            client_secret_arns={CLIENT_ID: cloud.create_secret("oidc-client", CLIENT_SECRET)},
            lineage_token=lineage_token,
        )
        made = replace(made, prerequisites=prerequisites)
        made.write(raw)
        if deployed:
            synthesise_file(made.file, state / "first")
            deployment.deploy()
        yield made


def synthesise_file(file: Path, output: Path) -> None:
    """Synthesis in this process, which takes less time than the CLI's."""
    env = cdk.Environment(account=ACCOUNT, region=REGION)
    platform(load_configuration(file), outdir=str(output), env=env, checked=False).synth()


def synthesise_here(cdk_cli: CdkCli, output: Path) -> None:
    """What `synthesised_here` has in the place of the CLI's."""
    synthesise_file(cdk_cli.folder / "cdk.context.json", output)


@pytest.fixture
def synthesised_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command, whose synthesis is made in this process."""

    monkeypatch.setattr(CdkCli, "synthesise", synthesise_here)
