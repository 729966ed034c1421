"""The environments of a configuration as specifications of local Airflow installations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from artifacts.build import Artifacts, build_artifacts
from artifacts.image_constraints import shipped_constraints
from artifacts.plugins import build_plugins
from artifacts.requirements import build_requirements
from artifacts.startup_script import build_startup_script
from config.artifacts import artifact_sources
from config.environments import ExistingEnvironment
from config.model import AnyEnvironment, Configuration
from config.new_environment import NewEnvironment
from local.pins import locked_versions
from mwaa.versions import airflow_version


@dataclass(frozen=True, kw_only=True)
class AirflowSpec:
    """The Airflow of one environment, as far as the configuration specifies it.

    `exists` marks an environment that the platform does not create: the stand-in must contain it
    before the deployment. `entry` is its entry under MwaaEnvironments, with the `version` that runs
    on this machine; None for the environment of QuickStart.
    """

    name: str
    version: str
    exists: bool
    entry: AnyEnvironment | None
    access_mode: str

    @property
    def wheels(self) -> Path | None:
        """The folder of wheels that plugins.zip contains."""
        return self.entry.wheels if isinstance(self.entry, NewEnvironment) else None

    @property
    def sends_lineage(self) -> bool:
        """Whether the files of `write` send lineage."""
        return self.entry is not None and self.entry.lineage is not None

    @property
    def namespace(self) -> str:
        """The namespace of its jobs in the catalogue; empty where no lineage is sent."""
        return self.entry.lineage.connection if self.entry and self.entry.lineage else ""

    def write(self, folder: Path, *, token_secret_arn: str | None = None) -> Artifacts:
        """Writes the files of its bucket, deployed or to be deployed, into the folder.

        `token_secret_arn` replaces each secret with a token that the entry names.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if self.entry and (self.sends_lineage or not self.exists):
            sources = artifact_sources(self.entry)
            if sources.lineage and token_secret_arn:
                lineage = sources.lineage.with_token_secret(token_secret_arn)
                sources = replace(sources, lineage=lineage)
            return build_artifacts(sources, folder)
        version = airflow_version(self.version)
        package = version.lineage_package
        # Not needed, but lets it share a virtual environment with those that send lineage.
        requirements = build_requirements(
            version=version, ours=[package] if package else [], directory=folder
        )
        named = shipped_constraints(version, requirements.read_text("utf-8"))
        return Artifacts(
            plugins=build_plugins(None, constraints=named, directory=folder),
            requirements=requirements,
            dags=None,
            startup_script=build_startup_script(None, directory=folder),
        )


def airflow_specs(configuration: Configuration) -> tuple[AirflowSpec, ...]:
    """The specification of each environment; the entry of one outranks QuickStart."""
    return tuple({spec.name: spec for spec in _specs(configuration)}.values())


def _specs(configuration: Configuration) -> Iterator[AirflowSpec]:
    if quick_start := configuration.quick_start:
        yield AirflowSpec(
            name=quick_start.mwaa_environment_name,
            version=_supported_version(None),
            exists=True,
            entry=None,
            access_mode="PRIVATE_ONLY",
        )
    for existing in configuration.existing_environments:
        yield _of_existing(existing)
    for new in configuration.new_environments:
        yield AirflowSpec(
            name=new.name,
            version=new.airflow_version,
            exists=False,
            entry=new,
            access_mode=new.web_server_access_mode,
        )


def _of_existing(entry: ExistingEnvironment) -> AirflowSpec:
    version = _supported_version(entry.airflow_version)
    return AirflowSpec(
        name=entry.name,
        version=version,
        exists=True,
        entry=entry.model_copy(update={"airflow_version": version}),
        access_mode=entry.access_mode or "PRIVATE_ONLY",
    )


def _supported_version(version: str | None) -> str:
    """The version if this machine supports it, else the newest of its major, else of all."""
    supported = locked_versions()
    if version in supported:
        return str(version)
    major = f"{version.partition('.')[0]}." if version else ""
    return ([each for each in supported if each.startswith(major)] or supported)[-1]
