"""One local run from start to end: what is started, in which order, and what is left to show."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from config.checks.rules import warnings
from config.document import read_document
from config.loader import configuration_of, parse_configuration
from config.model import Configuration
from errors import Finding
from local.airflow_runtime.home import remove_temporary_folder
from local.airflow_specs import airflow_specs
from local.airflows import Airflows
from local.alb import service as alb
from local.alb.listener_settings import Listener
from local.aws import service as aws
from local.aws_stand_in import AwsStandIn, create_secret
from local.deployment import Deployment, import_certificate
from local.identity_provider import service as identity_provider
from local.layout import CACHE, ROOT, Layout, environment_host, preferred_ports
from local.lineage_endpoint import service as lineage_endpoint
from local.load_balancer_specs import LoadBalancerSpec, load_balancer_specs
from local.local_configuration import CLIENT_ID, local_configuration
from local.ports import choose
from local.prerequisites import Prerequisites, create_prerequisites
from local.processes import Processes, Program
from local.secret_file import secret_file
from local.tls import Certificates, make_certificates
from local.toolchain import install_node_packages
from local.users import access_by_user, groups_by_user

READY_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Step:
    """A thing that has been done once `run` returns."""

    description: str
    run: Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a person needs to use the run; tools read it from `summary.json`.

    `environments` are the addresses of web servers, `ui_hosts` those under which a load balancer
    serves one. Without `MwaaEnvironments` there is no portal.
    """

    portal: str | None
    lineage: str
    aws: str
    ca: str
    environments: Mapping[str, str]
    ui_hosts: Mapping[str, str]
    people: Mapping[str, str]
    outputs: Mapping[str, Mapping[str, str]]


def recorded_processes(state: Path) -> Processes:
    """What the last run in this folder started."""
    return Processes.recorded(state / "processes.json")


def end_run(processes: Processes, state: Path) -> None:
    """Stop what a run started, and remove what its Airflows kept no longer than that."""
    processes.stop()
    for home in _airflows(state).glob("*"):
        remove_temporary_folder(home)


def _airflows(state: Path) -> Path:
    return state / "airflow"


class LocalPlatform:
    """A run of a configuration in a state folder."""

    def __init__(
        self,
        *,
        source: Path,
        raw: Mapping[str, Any],
        configuration: Configuration,
        layout: Layout,
    ) -> None:
        self._source = source
        self._raw = raw
        self._configuration = configuration
        self._layout = layout
        self._processes = recorded_processes(layout.state)
        self._planned = airflow_specs(configuration)
        self._airflows = Airflows(planned=self._planned, folder=_airflows(layout.state))

    @classmethod
    def plan(cls, *, configuration: Path, state: Path) -> LocalPlatform:
        """Check the configuration; starts and writes nothing.

        Raises InputError with the mistakes of the user's file.
        """
        document = read_document(configuration)
        raw = document.content
        layout = Layout(state=state, ports=preferred_ports(()))
        local = local_configuration(raw, layout=layout, folder=configuration.parent)
        checked = configuration_of(replace(document, content=local))
        return cls(source=configuration, raw=raw, configuration=checked, layout=layout)

    @property
    def warnings(self) -> list[Finding]:
        """What deserves a look in the configuration."""
        return list(warnings(self._configuration))

    def steps(self) -> Iterator[Step]:
        """What `up` does, in order."""
        if self._processes.started:
            yield Step(description="The former run is stopped", run=self._end_run)
        yield Step(description="The tools are installed", run=self._install)
        yield Step(description="The AWS stand-in answers", run=self._start_cloud)
        yield Step(description="The identity provider answers", run=self._start_provider)
        yield Step(description="The CDK is bootstrapped", run=self._bootstrap)
        yield Step(description="Every stack is deployed", run=self._deployment.deploy)
        yield Step(description="The load balancer answers", run=self._start_load_balancers)
        yield Step(description="The lineage endpoint answers", run=self._start_lineage)
        yield Step(description="Every Airflow is installed", run=self._airflows.finish_install)
        yield Step(description="Every Airflow answers", run=self._start_airflows)

    def stop(self) -> None:
        """Stop whatever this run started."""
        self._end_run()
        self._airflows.cancel()

    def summary(self) -> Summary:
        """What to show at the end; also written to `summary.json` in the state folder."""
        names = [each.name for each in self._planned]
        summary = Summary(
            portal=f"{self._layout.alb}/" if self._configuration.has_portal else None,
            lineage=f"{self._layout.lineage}/",
            aws=self._layout.aws,
            ca=str(self._certificates.ca),
            environments={name: f"https://{self._layout.webserver(name)}/" for name in names},
            ui_hosts={
                name: url
                for each in self._load_balancer_specs
                for name, url in each.ui_urls.items()
            },
            people=access_by_user(self._people, self._configuration),
            outputs=self._deployment.outputs,
        )
        (self._layout.state / "summary.json").write_text(json.dumps(asdict(summary), indent=1))
        return summary

    @cached_property
    def _certificates(self) -> Certificates:
        names = [environment_host(each.name) for each in self._planned]
        hosts = [host for each in self._load_balancer_specs for host in each.hosts]
        return make_certificates(
            self._layout.state / "certificates", ["localhost", "127.0.0.1", *names, *hosts]
        )

    @property
    def _load_balancer_specs(self) -> Sequence[LoadBalancerSpec]:
        return load_balancer_specs(self._configuration, self._layout)

    @cached_property
    def _cloud(self) -> AwsStandIn:
        return AwsStandIn(endpoint=self._layout.aws)

    @cached_property
    def _deployment(self) -> Deployment:
        return Deployment(
            folder=self._layout.state / "cdk",
            cloud=self._cloud,
            processes=self._processes,
            log=self._layout.log("cdk"),
        )

    @cached_property
    def _people(self) -> dict[str, list[str]]:
        return groups_by_user(self._configuration.grants)

    def _end_run(self) -> None:
        end_run(self._processes, self._layout.state)

    def _install(self) -> None:
        names = [each.name for each in self._planned]
        self._layout = Layout(state=self._layout.state, ports=choose(preferred_ports(names)))
        # So that an error shows the end of this run's log and not of the former one's.
        shutil.rmtree(self._layout.state / "logs", ignore_errors=True)
        self._airflows.begin_install()
        with ThreadPoolExecutor() as pool:
            tools: list[Future[Any]] = [
                pool.submit(install_node_packages, ROOT),
                pool.submit(identity_provider.install),
                pool.submit(aws.install, CACHE),
            ]
        for tool in tools:
            tool.result()

    def _start_cloud(self) -> None:
        names = [each.name for each in self._planned]
        stand_in = aws.program(
            aws.install(CACHE),
            self._layout,
            webservers={name: self._layout.webserver(name) for name in names},
            token_key=self._secret("web-login-key"),
            lineage=self._layout.lineage,
            ca_bundle=self._certificates.ca,
        )
        self._start(stand_in, ready=lambda: aws.ready(self._layout))

    def _start_provider(self) -> None:
        people = self._layout.state / "people.json"
        claims = {email: {"groups": groups} for email, groups in self._people.items()}
        people.write_text(json.dumps(claims))
        provider = identity_provider.program(
            self._layout,
            self._certificates,
            origins=[origin for each in self._load_balancer_specs for origin in each.origins],
            client_id=CLIENT_ID,
            client_secret=self._secret("client-secret"),
            people=people,
            scope=self._configuration.oidc.scope,
            groups_claim=self._configuration.oidc.groups_claim,
        )
        self._start(
            provider, ready=lambda: identity_provider.ready(self._layout, self._certificates)
        )

    def _bootstrap(self) -> None:
        """Put into the account what the README asks for beforehand, then bootstrap it."""
        client_secret = self._secret("client-secret").read_text()
        # With the ports of this run, which were not known when the configuration was checked.
        configuration = parse_configuration(
            self._local_configuration(Prerequisites()), source=self._source
        )
        existing = create_prerequisites(
            self._cloud,
            configuration,
            airflow_specs(configuration),
            folder=self._layout.state / "existing",
            certificate_arn=import_certificate(self._cloud, self._certificates),
            client_secret_arn=create_secret(self._cloud, "oidc-client-secret", client_secret),
            lineage_token=self._secret("lineage-token").read_text(),
        )
        self._deployment.write(self._local_configuration(existing))
        self._deployment.bootstrap()

    def _local_configuration(self, existing: Prerequisites) -> dict[str, Any]:
        return local_configuration(
            dict(self._raw), layout=self._layout, folder=self._source.parent, prerequisites=existing
        )

    def _start_load_balancers(self) -> None:
        deployed, prefix = self._deployment.outputs, self._configuration.app_name
        listeners = [
            Listener(
                load_balancer_arn=deployed[f"{prefix}-{each.stack}"]["LoadBalancerArn"],
                port=each.port,
                hosts=each.hosts,
            )
            for each in self._load_balancer_specs
        ]
        program = alb.program(self._layout, self._certificates, self._cloud, listeners=listeners)
        self._start(program, ready=lambda: alb.ready(listeners, self._certificates))

    def _start_lineage(self) -> None:
        """Start the endpoint, and put a token into each catalogue's secret as a person would."""
        endpoint = lineage_endpoint.program(self._layout, self._certificates)
        self._start(
            endpoint, ready=lambda: lineage_endpoint.ready(self._layout, self._certificates)
        )
        token = self._secret("lineage-token").read_text()
        for outputs in self._deployment.outputs.values():
            for name, arn in outputs.items():
                if name.startswith("LineageTokenSecretArn"):
                    client = self._cloud.client("secretsmanager")
                    client.put_secret_value(SecretId=arn, SecretString=token)

    def _start_airflows(self) -> None:
        self._airflows.start(
            cloud=self._cloud,
            certificates=self._certificates,
            layout=self._layout,
            token_key=self._secret("web-login-key"),
            processes=self._processes,
        )

    def _start(self, program: Program, *, ready: Callable[[], bool]) -> None:
        self._processes.start(program)
        self._processes.wait_until(ready, program.name, seconds=READY_SECONDS)

    def _secret(self, name: str) -> Path:
        return secret_file(self._layout.state / "secrets" / name)
