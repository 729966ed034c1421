"""Which environments get an Airflow on this machine, and which one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from artifacts.build import Artifacts, build_artifacts
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
    """An environment's Airflow, as far as the configuration tells.

    `exists` says that the platform does not create the environment, so that it must be in the
    stand-in beforehand. `entry` is its entry under MwaaEnvironments, with the `version` that runs
    here; None for the environment of QuickStart.
    """

    name: str
    version: str
    exists: bool
    entry: AnyEnvironment | None
    access_mode: str

    @property
    def wheels(self) -> Path | None:
        """The folder of wheels that travels with it."""
        return self.entry.wheels if isinstance(self.entry, NewEnvironment) else None

    @property
    def sends_lineage(self) -> bool:
        """Whether the files of `write` send lineage."""
        return self.entry is not None and self.entry.lineage is not None

    def write(self, folder: Path, *, token_secret_arn: str | None = None) -> Artifacts:
        """Writes the files that its bucket has, or will have, into the folder.

        `token_secret_arn` takes the place of each secret with a token that the entry names.
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
        return Artifacts(
            plugins=build_plugins(None, directory=folder),
            # It sends nothing, but so it shares its installation with environments that do.
            requirements=build_requirements(
                version=version, ours=[package] if package else [], directory=folder
            ),
            dags=None,
            startup_script=build_startup_script(None, directory=folder),
        )


def airflow_specs(configuration: Configuration) -> tuple[AirflowSpec, ...]:
    """Every environment of the configuration once."""
    return tuple({each.name: each for each in _planned(configuration)}.values())


def _planned(configuration: Configuration) -> Iterator[AirflowSpec]:
    if quick_start := configuration.quick_start:
        yield AirflowSpec(
            name=quick_start.mwaa_environment_name,
            version=_runnable(None),
            exists=True,
            entry=None,
            access_mode="PRIVATE_ONLY",
        )
    for existing in configuration.existing_environments:
        yield _existing(existing)
    for new in configuration.new_environments:
        yield AirflowSpec(
            name=new.name,
            version=new.airflow_version,
            exists=False,
            entry=new,
            access_mode=new.web_server_access_mode,
        )


def _existing(entry: ExistingEnvironment) -> AirflowSpec:
    version = _runnable(entry.airflow_version)
    return AirflowSpec(
        name=entry.name,
        version=version,
        exists=True,
        entry=entry.model_copy(update={"airflow_version": version}),
        access_mode=entry.web_server_access_mode or "PRIVATE_ONLY",
    )


def _runnable(version: str | None) -> str:
    """The version where it runs on this machine; else the newest that does, of its major."""
    known = locked_versions()
    if version in known:
        return str(version)
    major = f"{version.partition('.')[0]}." if version else ""
    return [each for each in known if each.startswith(major)][-1]
