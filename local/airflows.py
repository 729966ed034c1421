"""The Airflow installations of a run: made during the deployment, started from deployed files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from local.airflow_runtime.database import empty_database
from local.airflow_runtime.deployed_environment import (
    DeployedEnvironment,
    dag_location,
    download_environment,
)
from local.airflow_runtime.install import install
from local.airflow_runtime.service import (
    SAMPLE_DAG,
    LocalAirflow,
    prepare,
    program_names,
    programs,
    ready,
    sync_program,
)
from local.airflow_specs import AirflowSpec
from local.atomic_write import write_atomically
from local.aws_stand_in import AwsStandIn
from local.layout import CACHE, Layout, environment_host
from local.pins import check_supported
from local.ports import kept
from local.processes import Processes
from local.tls import Certificates

READY_SECONDS = 180.0


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """Starts Airflows from deployed files; each has a subfolder of `folder` as its home."""

    folder: Path
    stand_in: AwsStandIn
    certificates: Certificates
    layout: Layout
    token_key: Path
    processes: Processes

    def start(self, wheels: Mapping[str, Path | None]) -> None:
        """Starts the Airflow of each environment, given with its folder of wheels, if any.

        The files are read back from the environment's bucket. Returns when every Airflow answers;
        raises PlatformError when one does not.
        """
        started = [self._start(name, each) for name, each in wheels.items()]
        self._synchronise({str(airflow.home / "dags"): each.dags for airflow, each in started})
        for airflow, _ in started:
            self.processes.wait_until(
                partial(ready, airflow),
                *self._running(airflow.environment),
                seconds=READY_SECONDS,
            )

    def restart(self, wheels: Mapping[str, Path | None]) -> None:
        """Ends those Airflows and starts them again, as MWAA does when it updates an environment.

        Their databases stay. Raises what `start` raises.
        """
        with kept(map(self.layout.airflow_port, wheels)):
            self.processes.end({name for each in wheels for name in program_names(each)})
            self.start(wheels)

    def _start(
        self, environment: str, wheels: Path | None
    ) -> tuple[LocalAirflow, DeployedEnvironment]:
        home = self.folder / environment
        deployed = download_environment(environment, self.stand_in.session, home / "s3")
        airflow = LocalAirflow(
            environment=environment,
            version=deployed.version,
            host=environment_host(environment),
            port=self.layout.airflow_port(environment),
            home=home,
            token_key=self.token_key,
            stand_in=self.stand_in,
            certificates=self.certificates,
        )
        # Installs nothing where the deployed requirements.txt is the expected one.
        python = install(
            deployed.version,
            deployed.requirements,
            CACHE,
            wheels=wheels,
            plugins=deployed.plugins,
        )
        prepare(airflow, python)
        for program in programs(airflow, python, deployed):
            self.processes.start(program)
        return airflow, deployed

    def _running(self, environment: str) -> list[str]:
        names = program_names(environment)
        return [each.name for each in self.processes.started if each.name in names]

    def _synchronise(self, locations: Mapping[str, str]) -> None:
        """Adds locations of DAG folders to those that are synchronised with their buckets."""
        path = self.folder / "dag-locations.json"
        sync = sync_program(path, stand_in=self.stand_in, log=self.layout.log("dag-sync"))
        runs = any(each.name == sync.name for each in self.processes.started)
        former = json.loads(path.read_text()) if runs else {}
        write_atomically(path, json.dumps({**former, **locations}).encode())
        if locations and not runs:
            self.processes.start(sync)


@dataclass(kw_only=True)
class Airflows:
    """One Airflow for each environment, in a subfolder of `folder`."""

    specs: Sequence[AirflowSpec]
    folder: Path
    _installations: list[Future[None]] = field(default_factory=list)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))

    def begin_install(self) -> None:
        """Starts the installations in the background: they take longest and are needed last."""
        self._installations = [self._pool.submit(self._install, spec) for spec in self.specs]

    def finish_install(self) -> None:
        """Waits for the installations; raises the error of one that failed."""
        for installation in self._installations:
            installation.result()

    def cancel(self) -> None:
        """Cancels pending installations and waits for the running ones."""
        self._pool.shutdown(cancel_futures=True)

    def start(
        self,
        *,
        stand_in: AwsStandIn,
        certificates: Certificates,
        layout: Layout,
        token_key: Path,
        processes: Processes,
    ) -> None:
        """Starts every Airflow with the files that are read back from the deployed buckets."""
        wheels = {spec.name: spec.wheels for spec in self.specs}
        for name in wheels:
            _upload_sample_dag(stand_in, name)
        Launcher(
            folder=self.folder,
            stand_in=stand_in,
            certificates=certificates,
            layout=layout,
            token_key=token_key,
            processes=processes,
        ).start(wheels)

    def _install(self, spec: AirflowSpec) -> None:
        """Installs an Airflow with the requirements.txt that its bucket will contain."""
        check_supported(spec.version)
        folder = self.folder.with_name("expected-files")
        files = spec.write(folder / spec.name)
        python = install(
            spec.version, files.requirements, CACHE, wheels=spec.wheels, plugins=files.plugins
        )
        empty_database(python, spec.version)


def _upload_sample_dag(stand_in: AwsStandIn, environment: str) -> None:
    """Uploads the sample DAG to the environment's DAG folder, as a team does with its own DAGs."""
    location = urlsplit(dag_location(environment, stand_in.session))
    key = f"{location.path.lstrip('/')}{SAMPLE_DAG.name}"
    stand_in.session.client("s3").upload_file(str(SAMPLE_DAG), location.netloc, key)
