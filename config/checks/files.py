"""Rules about a team's local files: conflicts with generated files and with what MWAA has.

MWAA would only log them. Files that do not exist are found by the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from artifacts.archive import team_members
from artifacts.conflict import ConflictError
from artifacts.dags import dag_members
from artifacts.lineage import ResolvedLineage
from artifacts.lineage_overrides import refuse_overrides_in_plugins, refuse_overrides_in_script
from artifacts.plugins import plugin_members
from artifacts.requirements import merged_requirements
from config.artifacts import artifact_sources, resolve_lineage
from config.checks.partial import Partial, PartialFile, known_version
from config.lineage.settings import incompatibilities
from config.local_files import is_folder
from config.model import AnyEnvironment
from config.new_environment import NewEnvironment
from errors import Finding
from mwaa.versions import airflow_version

Check = tuple[str, Callable[[], object]]
"""The key of a file, and a function that raises what is wrong with the file."""


def valid_files(file: PartialFile) -> Iterator[Finding]:
    """A team's files can be shipped together with the generated ones."""
    for index, environment in file.environments.items():
        new = file.new.get(index)
        if not new and not environment.gives("AirflowVersion"):
            continue
        lineage = _lineage(environment, is_deployed=bool(new))
        script = new.get(lambda each: each.startup_script) if new else None
        checks = [*_checks(environment, lineage, script)]
        if new:
            checks += _checks_of_new(new, lineage, file.with_wheels)
        for key, check in checks:
            if conflict := _conflict(check):
                message, remedy = conflict
                place = ("MwaaEnvironments", index, key)
                yield Finding(place=place, message=message, remedy=remedy)


def _checks(
    environment: Partial[AnyEnvironment], lineage: ResolvedLineage | None, script: Path | None
) -> Iterator[Check]:
    yield "Requirements", partial(_merge_requirements, environment, lineage, script)
    if plugins := environment.get(lambda each: each.plugins):
        yield "Plugins", partial(_merge_plugins, lineage, plugins)


def _checks_of_new(
    environment: Partial[NewEnvironment], lineage: ResolvedLineage | None, with_wheels: bool
) -> Iterator[Check]:
    wheels = environment.get(lambda each: each.wheels)
    ships_requirements = not environment.gives("RequirementsS3Path")
    script = environment.get(lambda each: each.startup_script)
    if with_wheels and wheels and is_folder(wheels) and ships_requirements:
        without_wheels = partial(_merge_requirements, environment, lineage, script)
        # What is wrong without the wheels is found already.
        if not _conflict(without_wheels):
            yield "Wheels", partial(without_wheels, wheels)
    if script and lineage:
        yield "StartupScript", partial(refuse_overrides_in_script, script)
    if dags := environment.get(lambda each: each.dags):
        preflight = bool(lineage and lineage.preflight)
        yield "Dags", partial(dag_members, team=dags, preflight=preflight)


def unchecked_requirements(environment: AnyEnvironment) -> Iterator[str]:
    """Lines of a requirements.txt that cannot be checked, or that turn MWAA's constraints off."""
    if environment.requirements and environment.airflow_version:
        sources = artifact_sources(environment)
        yield from merged_requirements(
            version=sources.version,
            ours=sources.lineage.requirements if sources.lineage else (),
            team=sources.requirements,
            plugins=sources.plugins,
            has_startup_script=sources.startup_script is not None,
        ).warnings


def folder_of_plugins(environment: AnyEnvironment) -> Iterator[str]:
    """Plugins that were packed with the folder around them."""
    plugins = environment.plugins
    if plugins and any(each.name.startswith("plugins/") for each in team_members(plugins)):
        yield (
            f"{plugins.name} has a folder plugins, which MWAA unpacks to "
            "/usr/local/airflow/plugins/plugins: pack its contents instead, unless that is meant."
        )


def _merge_requirements(
    environment: Partial[AnyEnvironment],
    lineage: ResolvedLineage | None,
    script: Path | None = None,
    wheels: Path | None = None,
) -> None:
    team = environment.get(lambda each: each.requirements)
    if version := known_version(environment):
        merged_requirements(
            version=airflow_version(version),
            ours=lineage.requirements if lineage else (),
            team=team,
            wheels=wheels,
            plugins=environment.get(lambda each: each.plugins),
            has_startup_script=script is not None,
        )
    elif team:
        # The versions that its lines must agree with are not known.
        team.read_text()


def _merge_plugins(lineage: ResolvedLineage | None, team: Path) -> None:
    members = plugin_members(lineage, team=team)
    if lineage:
        refuse_overrides_in_plugins(members)


def _conflict(check: Callable[[], object]) -> tuple[str, str | None] | None:
    """The message and the remedy of what a check raises."""
    try:
        check()
    except ConflictError as conflict:
        return conflict.message, conflict.remedy
    except UnicodeDecodeError:
        return "The file holds what is not text in UTF-8.", None
    except OSError as error:
        return f"It cannot be read: {error.strerror}.", None
    return None


def _lineage(environment: Partial[AnyEnvironment], *, is_deployed: bool) -> ResolvedLineage | None:
    """The lineage that the generated files are built from, where it is valid."""
    lineage = environment.get(lambda each: each.lineage)
    version = known_version(environment)
    if not (lineage and version) or incompatibilities(lineage, version):
        return None
    name = environment.get(lambda each: each.name) or ""
    return resolve_lineage(lineage, environment=name, version=version, is_deployed=is_deployed)
