"""What must hold between a team's local files, the generated ones, and what MWAA has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from artifacts.conflict import ConflictError
from artifacts.dags import dag_members
from artifacts.plugins import LineagePluginSettings, plugin_members
from artifacts.requirements import lineage_requirements, merged_requirements
from artifacts.rivals import refuse_rival_plugins, refuse_rival_script
from config.artifacts import catalogues, plugin_settings
from config.checks.partial import EnvironmentSketch, FileSketch
from config.lineage.settings import LineageSettings
from config.lineage.versions import check_lineage
from config.new_environment import NewEnvironment
from errors import Finding
from mwaa.versions import airflow_version

Check = Callable[[], object]
Found = tuple[str, str, str | None]
"""The key of a file, what is wrong with it, and what helps."""


def mistakes_in_files(file: FileSketch, *, with_wheels: bool) -> Iterator[Finding]:
    """What MWAA would say in a log at most; files that are not there are the model's to name.

    Without wheels for the command that is about to fetch them.
    """
    for index, entry in file.environments.items():
        if index not in file.new and not entry.gives("AirflowVersion"):
            continue
        for key, reason, hint in _of_environment(entry, with_wheels=with_wheels):
            yield Finding(place=("MwaaEnvironments", index, key), message=reason, remedy=hint)


def _of_environment(entry: EnvironmentSketch, *, with_wheels: bool) -> Iterator[Found]:
    lineage = _possible_lineage(entry)
    wheels = entry.wheels if with_wheels and not entry.requirements_s3_path else None
    yield from _of_requirements(entry, lineage, wheels)
    # The generated files depend on what is well-formed, whatever else is wrong in the entry.
    sending = _sending(entry, lineage)
    if entry.plugins:
        settings, team = plugin_settings(sending), entry.plugins
        yield from _attempt("Plugins", lambda: _check_plugins(settings, team))
    if entry.startup_script and lineage:
        yield from _attempt("StartupScript", partial(refuse_rival_script, entry.startup_script))
    if entry.dags:
        preflight = bool(lineage and lineage.preflight)
        yield from _attempt("Dags", partial(dag_members, team=entry.dags, preflight=preflight))


def _check_plugins(settings: LineagePluginSettings | None, team: Path) -> None:
    members = plugin_members(settings, team=team)
    if settings:
        refuse_rival_plugins(members)


def _of_requirements(
    entry: EnvironmentSketch, lineage: LineageSettings | None, wheels: Path | None
) -> Iterator[Found]:
    if not entry.airflow_version:
        # What its lines are held against is not known.
        if entry.requirements:
            yield from _attempt("Requirements", entry.requirements.read_text)
        return
    version = airflow_version(entry.airflow_version)
    ours = lineage_requirements(catalogues(_sending(entry, lineage)), version=version)
    merged = partial(merged_requirements, version=version, ours=ours, team=entry.requirements)
    wrong = list(_attempt("Requirements", merged))
    yield from wrong
    if wheels and not wrong:
        yield from _attempt("Wheels", partial(merged, wheels=wheels))


def _attempt(key: str, check: Check) -> Iterator[Found]:
    try:
        check()
    except ConflictError as conflict:
        yield key, conflict.message, conflict.remedy
    except UnicodeDecodeError:
        yield key, "The file holds what is not text in UTF-8.", None
    except OSError as error:
        yield key, f"It cannot be read: {error.strerror}.", None


def _sending(entry: EnvironmentSketch, lineage: LineageSettings | None) -> NewEnvironment:
    """As much of an environment as the generated files depend on."""
    return NewEnvironment.model_construct(
        name=entry.name or "", airflow_version=entry.airflow_version or "", lineage=lineage
    )


def _possible_lineage(entry: EnvironmentSketch) -> LineageSettings | None:
    """The entry's lineage, where the files for it can be made."""
    lineage, version = entry.lineage_settings, entry.airflow_version
    if not lineage or not version:
        return None
    try:
        check_lineage(lineage, version)
    except (PydanticCustomError, ValidationError):
        return None
    return lineage
