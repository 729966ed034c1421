"""Builder of the files that an environment gets.

Builds are reproducible, and each file is named by a hash of its content: an environment is updated
if and only if its files change. No file holds a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from artifacts.dags import build_dags
from artifacts.image_constraints import shipped_constraints
from artifacts.lineage import ResolvedLineage
from artifacts.plugins import build_plugins
from artifacts.requirements import build_requirements
from artifacts.startup_script import build_startup_script
from mwaa.versions import AirflowVersion


@dataclass(frozen=True, kw_only=True)
class ArtifactSources:
    """What the files are built from: the Airflow version, resolved lineage, and a team's own files.

    `plugins` is a folder or a zip, `dags` and `wheels` are folders. `ships_requirements` is False
    where the environment names a requirements.txt that is in its bucket already.
    """

    version: AirflowVersion
    lineage: ResolvedLineage | None = None
    plugins: Path | None = None
    requirements: Path | None = None
    dags: Path | None = None
    startup_script: Path | None = None
    wheels: Path | None = None
    ships_requirements: bool = True

    @property
    def preflight(self) -> bool:
        """Whether the DAG that checks lineage is shipped."""
        return bool(self.lineage and self.lineage.preflight and self.lineage.is_deployed)


@dataclass(frozen=True, kw_only=True)
class Artifacts:
    """Files of one environment, each named by its content.

    `requirements` is None where they are not shipped, `dags` (a zip) where there are none.
    """

    plugins: Path
    requirements: Path | None
    dags: Path | None
    startup_script: Path


def build_artifacts(sources: ArtifactSources, directory: Path) -> Artifacts:
    """Writes the files into `directory`.

    Plugins, requirements and startup script are built even if they are empty: MWAA keeps a file
    until it is given another. Raises ConflictError where a team's file cannot be shipped, OSError
    where it cannot be read.
    """
    lineage = sources.lineage
    requirements = (
        build_requirements(
            version=sources.version,
            ours=lineage.requirements if lineage else (),
            team=sources.requirements,
            wheels=sources.wheels,
            plugins=sources.plugins,
            has_startup_script=sources.startup_script is not None,
            directory=directory,
        )
        if sources.ships_requirements
        else None
    )
    named = requirements.read_text("utf-8") if requirements else ""
    return Artifacts(
        plugins=build_plugins(
            lineage,
            team=sources.plugins,
            wheels=sources.wheels,
            constraints=shipped_constraints(sources.version, named),
            directory=directory,
        ),
        requirements=requirements,
        dags=build_dags(
            team=sources.dags,
            preflight=sources.preflight,
            directory=directory,
        ),
        startup_script=build_startup_script(sources.startup_script, directory=directory),
    )
