"""The Airflow installations of a run: made during the deployment, started from deployed files."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from local.airflow_runtime.database import empty_database
from local.airflow_runtime.deployed_environment import DeployedEnvironment, download_environment
from local.airflow_runtime.install import install
from local.airflow_runtime.service import (
    SAMPLE_DAG,
    LocalAirflow,
    prepare,
    programs,
    ready,
    sync_program,
)
from local.airflow_specs import AirflowSpec
from local.aws_stand_in import AwsStandIn
from local.layout import CACHE, Layout, environment_host
from local.pins import check_supported
from local.processes import Processes
from local.tls import Certificates

READY_SECONDS = 180.0


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
        pairs: list[tuple[LocalAirflow, DeployedEnvironment]] = []
        names: dict[str, list[str]] = {}
        for spec in self.specs:
            home = self.folder / spec.name
            deployed = download_environment(spec.name, stand_in.session, home / "s3")
            airflow = LocalAirflow(
                environment=spec.name,
                version=deployed.version,
                host=environment_host(spec.name),
                port=layout.airflow_port(spec.name),
                home=home,
                token_key=token_key,
                stand_in=stand_in,
                certificates=certificates,
            )
            _upload_sample_dag(stand_in, deployed)
            # Installs nothing where the deployed requirements.txt is the expected one.
            python = install(deployed.version, deployed.requirements, CACHE, wheels=spec.wheels)
            prepare(airflow, python)
            started = programs(airflow, python, deployed)
            for program in started:
                processes.start(program)
            names[spec.name] = [program.name for program in started]
            pairs.append((airflow, deployed))
        if pairs:
            processes.start(sync_program(pairs, log=layout.log("dag-sync")))
        for airflow, _ in pairs:
            processes.wait_until(
                partial(ready, airflow), *names[airflow.environment], seconds=READY_SECONDS
            )

    def _install(self, spec: AirflowSpec) -> None:
        """Installs an Airflow with the requirements.txt that its bucket will contain."""
        check_supported(spec.version)
        folder = self.folder.with_name("expected-files")
        requirements = spec.write(folder / spec.name).requirements
        python = install(spec.version, requirements, CACHE, wheels=spec.wheels)
        empty_database(python, spec.version)


def _upload_sample_dag(stand_in: AwsStandIn, deployed: DeployedEnvironment) -> None:
    """Uploads the sample DAG to the environment's DAG folder, as a team does with its own DAGs."""
    prefix = deployed.dags.removeprefix(f"s3://{deployed.bucket}/")
    s3 = stand_in.session.client("s3")
    s3.upload_file(str(SAMPLE_DAG), deployed.bucket, f"{prefix}{SAMPLE_DAG.name}")
