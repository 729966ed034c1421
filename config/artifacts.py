"""Translation of an environment's entry into the sources of its files."""

from __future__ import annotations

from dataclasses import replace

from artifacts.build import ArtifactSources
from config.environments import ExistingEnvironment
from config.new_environment import NewEnvironment
from mwaa.versions import airflow_version


def artifact_sources(environment: NewEnvironment | ExistingEnvironment) -> ArtifactSources:
    """The sources of an environment's files.

    Raises KeyError for an existing environment without an Airflow version.
    """
    shared = ArtifactSources(
        version=airflow_version(str(environment.airflow_version)),
        lineage=environment.resolved_lineage,
        plugins=environment.plugins,
        requirements=environment.requirements,
    )
    if isinstance(environment, ExistingEnvironment):
        return shared
    return replace(
        shared,
        dags=environment.dags,
        startup_script=environment.startup_script,
        wheels=environment.wheels,
        ships_requirements=environment.requirements_s3_path is None,
    )
