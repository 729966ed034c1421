"""A local run from start to end: its steps in order, and its summary."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
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
from local.aws_stand_in import AwsStandIn
from local.deployment import Deployment
from local.identity_provider import service as identity_provider
from local.layout import CACHE, ROOT, Layout, environment_host, preferred_ports
from local.lineage_endpoint import service as lineage_endpoint
from local.load_balancer_specs import LoadBalancerSpec, load_balancer_specs
from local.local_configuration import local_configuration
from local.ports import choose
from local.prerequisites import Prerequisites, create_prerequisites
from local.processes import Processes, Program
from local.secret_file import secret_file
from local.summary import Summary, write_summary
from local.tls import Certificates, make_certificates
from local.toolchain import install_node_packages
from local.users import access_by_user, claims_by_user, groups_by_user

READY_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a run; `description` holds once `run` has returned."""

    description: str
    run: Callable[[], None]


def recorded_processes(state: Path) -> Processes:
    """The processes that the last run in this state folder started."""
    return Processes.recorded(state / "processes.json")


def end_run(processes: Processes, state: Path) -> None:
    """Stops the processes of a run and removes the temporary folders of its Airflows."""
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
        self._specs = airflow_specs(configuration)
        self._airflows = Airflows(specs=self._specs, folder=_airflows(layout.state))

    @classmethod
    def plan(cls, *, configuration: Path, state: Path) -> LocalPlatform:
        """Checks the configuration; starts and writes nothing.

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
        """The warnings of the configuration."""
        return list(warnings(self._configuration))

    def steps(self) -> Iterator[Step]:
        """The steps of `up`, in order."""
        if self._processes.started:
            yield Step(description="The former run is stopped", run=self._end_run)
        yield Step(description="The tools are installed", run=self._install)
        yield Step(description="The AWS stand-in answers", run=self._start_stand_in)
        yield Step(description="The identity provider answers", run=self._start_provider)
        yield Step(description="The CDK is bootstrapped", run=self._bootstrap)
        yield Step(description="Every stack is deployed", run=self._deployment.deploy)
        yield Step(description="The load balancer answers", run=self._start_load_balancers)
        yield Step(description="The lineage endpoint answers", run=self._start_lineage)
        yield Step(description="Every Airflow is installed", run=self._airflows.finish_install)
        yield Step(description="Every Airflow answers", run=self._start_airflows)

    def stop(self) -> None:
        """Stops everything that this run started."""
        self._end_run()
        self._airflows.cancel()

    def summary(self) -> Summary:
        """The summary of the run; also written to its state folder."""
        names = [spec.name for spec in self._specs]
        summary = Summary(
            portal=f"{self._layout.alb}/" if self._configuration.has_portal else None,
            lineage=f"{self._layout.lineage}/",
            aws=self._layout.aws,
            ca=str(self._certificates.ca),
            environments={name: f"https://{self._layout.webserver(name)}/" for name in names},
            ui_hosts={
                name: url for each in self._load_balancers for name, url in each.ui_urls.items()
            },
            people=access_by_user(self._users, self._configuration),
            outputs=self._deployment.outputs,
        )
        write_summary(summary, self._layout.state)
        return summary

    @cached_property
    def _certificates(self) -> Certificates:
        names = [environment_host(spec.name) for spec in self._specs]
        hosts = [host for each in self._load_balancers for host in each.hosts]
        return make_certificates(
            self._layout.state / "certificates", ["localhost", "127.0.0.1", *names, *hosts]
        )

    @property
    def _load_balancers(self) -> Sequence[LoadBalancerSpec]:
        return load_balancer_specs(self._configuration, self._layout)

    @property
    def _load_balancers_by_client(self) -> Mapping[str, Sequence[LoadBalancerSpec]]:
        by_client: dict[str, list[LoadBalancerSpec]] = {}
        for each in self._load_balancers:
            by_client.setdefault(each.client_id, []).append(each)
        return by_client

    @cached_property
    def _stand_in(self) -> AwsStandIn:
        return AwsStandIn(endpoint=self._layout.aws)

    @cached_property
    def _deployment(self) -> Deployment:
        return Deployment(
            folder=self._layout.state / "cdk",
            stand_in=self._stand_in,
            processes=self._processes,
            log=self._layout.log("cdk"),
        )

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        return groups_by_user(self._configuration.grants)

    def _end_run(self) -> None:
        end_run(self._processes, self._layout.state)

    def _install(self) -> None:
        names = [spec.name for spec in self._specs]
        self._layout = Layout(state=self._layout.state, ports=choose(preferred_ports(names)))
        # An error must show the end of this run's log, not of an earlier run's.
        shutil.rmtree(self._layout.state / "logs", ignore_errors=True)
        self._airflows.begin_install()
        with ThreadPoolExecutor() as pool:
            tools: list[Future[Any]] = [
                pool.submit(install_node_packages, ROOT),
                pool.submit(install_node_packages, identity_provider.FOLDER),
                pool.submit(install_node_packages, lineage_endpoint.FOLDER),
                pool.submit(aws.install, CACHE),
            ]
        for tool in tools:
            tool.result()

    def _start_stand_in(self) -> None:
        program = aws.program(
            aws.install(CACHE),
            self._layout,
            webservers={spec.name: self._layout.webserver(spec.name) for spec in self._specs},
            token_key=self._secret("web-login-key"),
            lineage=self._layout.lineage,
            ca_bundle=self._certificates.ca,
        )
        self._start(program, ready=lambda: aws.ready(self._layout))

    def _start_provider(self) -> None:
        users = self._layout.state / "users.json"
        users.write_text(json.dumps(claims_by_user(self._configuration)))
        provider = identity_provider.program(
            self._layout,
            self._certificates,
            clients=[
                identity_provider.Client(
                    client_id=client_id,
                    secret=self._client_secret(client_id),
                    origins=[origin for each in served for origin in each.origins],
                )
                for client_id, served in self._load_balancers_by_client.items()
            ],
            users=users,
            scope=self._configuration.oidc.scope,
            groups_claim=self._configuration.oidc.groups_claim,
        )
        self._start(
            provider, ready=lambda: identity_provider.ready(self._layout, self._certificates)
        )

    def _bootstrap(self) -> None:
        """Creates the prerequisites of docs/deploy.md in the account, then bootstraps it."""
        # With the ports of this run, which were not known when the configuration was checked.
        configuration = parse_configuration(
            self._local_configuration(Prerequisites()), source=self._source
        )
        prerequisites = create_prerequisites(
            self._stand_in,
            configuration,
            airflow_specs(configuration),
            folder=self._layout.state / "existing",
            certificate_arn=self._stand_in.import_certificate(self._certificates),
            client_secret_arns={
                client_id: self._stand_in.create_secret(
                    f"oidc-client-{client_id}", self._client_secret(client_id).read_text()
                )
                for client_id in self._load_balancers_by_client
            },
            lineage_token=self._secret("lineage-token").read_text(),
        )
        self._deployment.write(self._local_configuration(prerequisites))
        self._deployment.bootstrap()

    def _local_configuration(self, prerequisites: Prerequisites) -> dict[str, Any]:
        return local_configuration(
            dict(self._raw),
            layout=self._layout,
            folder=self._source.parent,
            prerequisites=prerequisites,
        )

    def _start_load_balancers(self) -> None:
        deployed, prefix = self._deployment.outputs, self._configuration.app_name
        listeners = [
            Listener(
                load_balancer_arn=deployed[f"{prefix}-{each.stack}"]["LoadBalancerArn"],
                port=each.port,
                hosts=each.hosts,
            )
            for each in self._load_balancers
        ]
        program = alb.program(self._layout, self._certificates, self._stand_in, listeners=listeners)
        self._start(program, ready=lambda: alb.ready(listeners, self._certificates))

    def _start_lineage(self) -> None:
        """Starts the endpoint, and puts a token into each catalogue's secret as a person would."""
        endpoint = lineage_endpoint.program(self._layout, self._certificates, specs=self._specs)
        self._start(
            endpoint, ready=lambda: lineage_endpoint.ready(self._layout, self._certificates)
        )
        token = self._secret("lineage-token").read_text()
        secrets_manager = self._stand_in.session.client("secretsmanager")
        for outputs in self._deployment.outputs.values():
            for name, arn in outputs.items():
                if name.startswith("LineageTokenSecretArn"):
                    secrets_manager.put_secret_value(SecretId=arn, SecretString=token)

    def _start_airflows(self) -> None:
        self._airflows.start(
            stand_in=self._stand_in,
            certificates=self._certificates,
            layout=self._layout,
            token_key=self._secret("web-login-key"),
            processes=self._processes,
        )

    def _start(self, program: Program, *, ready: Callable[[], bool]) -> None:
        self._processes.start(program)
        self._processes.wait_until(ready, program.name, seconds=READY_SECONDS)

    def _client_secret(self, client_id: str) -> Path:
        return self._secret(f"client-{client_id}")

    def _secret(self, name: str) -> Path:
        return secret_file(self._layout.state / "secrets" / name)
