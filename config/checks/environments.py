"""Rules about the entries of `MwaaEnvironments`: names, stacks, DAG folders, versions, workers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from config.checks.finding import environment_warning, repeats
from config.checks.partial import Partial, PartialFile
from config.model import AnyEnvironment, Configuration
from config.new_environment import NewEnvironment
from config.stack_names import suffix
from errors import Finding
from mwaa.versions import AIRFLOW_VERSIONS, NEWEST

WORKERS_QUOTA = 25


def unique_names(file: PartialFile) -> Iterator[Finding]:
    """Each environment has a name of its own."""
    for index, earlier in repeats(file.environments, _name):
        yield Finding(
            place=("MwaaEnvironments", index, "Name"),
            message=f"MwaaEnvironments[{earlier}] has this name already.",
        )


def unique_stacks(file: PartialFile) -> Iterator[Finding]:
    """Each stack of a kind has a name of its own; a pair that collides in two is reported once."""
    hosts = {i: each for i, each in file.environments.items() if each.gives("UiHost")}
    collisions = {
        index: earlier
        for environments in (file.new, hosts)
        for index, earlier in repeats(environments, _stack)
        if environments[index].get(lambda each: each.name)
        != environments[earlier].get(lambda each: each.name)
    }
    for index, earlier in collisions.items():
        yield Finding(
            place=("MwaaEnvironments", index, "Name"),
            message=f"Its stack would have the name of that of MwaaEnvironments[{earlier}]: names "
            "must differ in more than case, hyphens and underscores.",
        )


def unique_dag_folders(file: PartialFile) -> Iterator[Finding]:
    """Each folder of a bucket gets the DAGs of one environment."""
    for index, earlier in repeats(file.new, _dag_folder):
        yield Finding(
            place=("MwaaEnvironments", index, "DagsS3Path"),
            message=f"DAGs of MwaaEnvironments[{earlier}] are shipped to this folder of the same "
            "bucket.",
            remedy="Give each environment a folder of its own.",
        )


def newer_versions(configuration: Configuration) -> Iterator[Finding]:
    """Airflow versions that came after this release of the platform."""
    for each in configuration.environments:
        if each.airflow_version and each.airflow_version not in AIRFLOW_VERSIONS:
            yield environment_warning(
                configuration,
                each,
                f"Airflow {each.airflow_version} is newer than what this platform knows "
                f"({NEWEST.version}); it goes on with Python {NEWEST.python}.",
            )


def worker_quota(configuration: Configuration) -> Iterator[Finding]:
    """More workers than an account begins with."""
    for each in configuration.new_environments:
        if each.max_workers > WORKERS_QUOTA:
            yield environment_warning(
                configuration,
                each,
                f"{each.max_workers} workers are more than the quota of {WORKERS_QUOTA} that an "
                "account begins with.",
            )


def _name(environment: Partial[AnyEnvironment]) -> Iterator[Hashable]:
    if name := environment.get(lambda each: each.name):
        yield name


def _stack(environment: Partial[AnyEnvironment]) -> Iterator[Hashable]:
    if name := environment.get(lambda each: each.name):
        yield suffix(name).casefold()


def _dag_folder(environment: Partial[NewEnvironment]) -> Iterator[Hashable]:
    bucket = environment.get(lambda each: each.source_bucket_arn)
    path = environment.get(lambda each: each.dags_s3_path)
    has_preflight = environment.get(lambda each: each.lineage and each.lineage.preflight)
    if bucket and path and (environment.gives("Dags") or has_preflight):
        yield bucket, path.rstrip("/")
