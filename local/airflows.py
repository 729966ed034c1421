"""The Airflows of a run: installed while the rest is deployed, started from what was deployed."""

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
    """One Airflow for each environment."""

    planned: Sequence[AirflowSpec]
    folder: Path
    _installing: list[Future[None]] = field(default_factory=list)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))

    def begin_install(self) -> None:
        """Start installing in the background: it takes longest and is needed last."""
        self._installing = [self._pool.submit(self._install, each) for each in self.planned]

    def finish_install(self) -> None:
        """Wait for the installations; raises what went wrong in one."""
        for each in self._installing:
            each.result()

    def cancel(self) -> None:
        """Begin no further installation and wait for those that run."""
        self._pool.shutdown(cancel_futures=True)

    def start(
        self,
        *,
        cloud: AwsStandIn,
        certificates: Certificates,
        layout: Layout,
        token_key: Path,
        processes: Processes,
    ) -> None:
        """Start every Airflow with the files that are read back from the deployed buckets."""
        pairs: list[tuple[LocalAirflow, DeployedEnvironment]] = []
        names: dict[str, list[str]] = {}
        for environment in self.planned:
            deployed = download_environment(
                environment.name, cloud.client, self.folder / environment.name / "s3"
            )
            airflow = LocalAirflow(
                environment=environment.name,
                version=deployed.version,
                host=environment_host(environment.name),
                port=layout.airflow_port(environment.name),
                home=self.folder / environment.name,
                token_key=token_key,
                cloud=cloud,
                certificates=certificates,
            )
            _ship_sample(cloud, deployed)
            # Nothing is left to install where the deployed file is the expected one.
            python = install(
                deployed.version, deployed.requirements, CACHE, wheels=environment.wheels
            )
            prepare(airflow, python)
            started = programs(airflow, python, deployed)
            for program in started:
                processes.start(program)
            names[environment.name] = [program.name for program in started]
            pairs.append((airflow, deployed))
        if pairs:
            processes.start(sync_program(pairs, log=layout.log("dag-sync")))
        for airflow, _ in pairs:
            processes.wait_until(
                partial(ready, airflow), *names[airflow.environment], seconds=READY_SECONDS
            )

    def _install(self, planned: AirflowSpec) -> None:
        """Install with the requirements.txt that its bucket will have."""
        check_supported(planned.version)
        folder = self.folder.with_name("expected-files")
        requirements = planned.write(folder / planned.name).requirements
        python = install(planned.version, requirements, CACHE, wheels=planned.wheels)
        empty_database(python, planned.version)


def _ship_sample(cloud: AwsStandIn, deployed: DeployedEnvironment) -> None:
    """Put the sample DAG where a team would put its own."""
    _, _, location = deployed.dags.partition(f"s3://{deployed.bucket}/")
    cloud.client("s3").upload_file(str(SAMPLE_DAG), deployed.bucket, f"{location}{SAMPLE_DAG.name}")
