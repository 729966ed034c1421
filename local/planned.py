"""Which environments get an Airflow on this machine, and which one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.model import Configuration
from local.pins import locked_versions
from mwaa_platform.airflow_versions import airflow_version
from mwaa_platform.lineage_artefacts import build_requirements


@dataclass(frozen=True, kw_only=True)
class PlannedAirflow:
    """An environment's Airflow, as far as the configuration tells.

    `exists` says that the platform does not create the environment, so that it must be in the
    stand-in beforehand. `lineage` and `requirements`, the team's own file, decide what is
    installed.
    """

    name: str
    version: str
    exists: bool
    lineage: bool
    requirements: Path | None
    access_mode: str

    def write_requirements(self, folder: Path) -> Path:
        """The requirements.txt that its bucket has, or will have, written into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        version = airflow_version(self.version)
        package = version.lineage_package
        return build_requirements(
            version=version,
            ours=[package] if self.lineage and package else [],
            team=self.requirements,
            directory=folder,
        )


def planned_airflows(configuration: Configuration) -> tuple[PlannedAirflow, ...]:
    """Every environment of the configuration once."""
    return tuple({each.name: each for each in _planned(configuration)}.values())


def _planned(configuration: Configuration) -> Iterator[PlannedAirflow]:
    if quick_start := configuration.quick_start:
        yield _existing(quick_start.mwaa_environment_name)
    for existing in configuration.existing_environments:
        yield _existing(existing.name, existing.airflow_version, existing.web_server_access_mode)
    for new in configuration.new_environments:
        yield PlannedAirflow(
            name=new.name,
            version=new.airflow_version,
            exists=False,
            lineage=new.lineage is not None,
            requirements=new.requirements,
            access_mode=new.web_server_access_mode,
        )


def _existing(
    name: str, version: str | None = None, access_mode: str | None = None
) -> PlannedAirflow:
    return PlannedAirflow(
        name=name,
        version=_runnable(version),
        exists=True,
        # It sends nothing, but so it shares its installation with the environments that do.
        lineage=True,
        requirements=None,
        access_mode=access_mode or "PRIVATE_ONLY",
    )


def _runnable(version: str | None) -> str:
    """The version where it runs on this machine; else the newest that does, of its major."""
    known = locked_versions()
    if version in known:
        return str(version)
    major = f"{version.partition('.')[0]}." if version else ""
    return [each for each in known if each.startswith(major)][-1]
