"""Rules about a team's local files: conflicts with generated files and with what MWAA has.

MWAA would only log them. Files that do not exist are found by the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from artifacts.conflict import ConflictError
from artifacts.dags import dag_members
from artifacts.lineage import ResolvedLineage
from artifacts.plugins import plugin_members
from artifacts.requirements import merged_requirements
from artifacts.rivals import refuse_rival_plugins, refuse_rival_script
from config.artifacts import resolve_lineage
from config.checks.lineage import compatible_lineage
from config.checks.partial import Partial, PartialFile
from config.model import AnyEnvironment
from config.new_environment import NewEnvironment
from errors import Finding
from mwaa.versions import airflow_version

Conflict = tuple[str, str, str | None]
"""The key of a file, the message, the remedy."""


def valid_files(file: PartialFile) -> Iterator[Finding]:
    """A team's files can be shipped together with the generated ones."""
    for index, environment in file.environments.items():
        if index in file.new or environment.gives("AirflowVersion"):
            lineage = _lineage(environment, is_deployed=index in file.new)
            conflicts = [*_of_every_environment(environment, lineage)]
            if index in file.new:
                conflicts += _of_new_environment(file.new[index], lineage, file.with_wheels)
            for key, message, remedy in conflicts:
                place = ("MwaaEnvironments", index, key)
                yield Finding(place=place, message=message, remedy=remedy)


def _of_every_environment(
    environment: Partial[AnyEnvironment], lineage: ResolvedLineage | None
) -> Iterator[Conflict]:
    yield from _attempt("Requirements", partial(_merge, environment, lineage))
    if plugins := environment.get(lambda each: each.plugins):
        yield from _attempt("Plugins", partial(_check_plugins, lineage, plugins))


def _of_new_environment(
    environment: Partial[NewEnvironment], lineage: ResolvedLineage | None, with_wheels: bool
) -> Iterator[Conflict]:
    wheels = environment.get(lambda each: each.wheels)
    ships_wheels = with_wheels and wheels and wheels.is_dir()
    merges = not [*_attempt("Requirements", partial(_merge, environment, lineage))]
    # What is wrong without the wheels is found already.
    if ships_wheels and merges and not environment.gives("RequirementsS3Path"):
        yield from _attempt("Wheels", partial(_merge, environment, lineage, wheels))
    script = environment.get(lambda each: each.startup_script)
    if script and lineage:
        yield from _attempt("StartupScript", partial(refuse_rival_script, script))
    if dags := environment.get(lambda each: each.dags):
        preflight = bool(lineage and lineage.preflight)
        yield from _attempt("Dags", partial(dag_members, team=dags, preflight=preflight))


def _merge(
    environment: Partial[AnyEnvironment],
    lineage: ResolvedLineage | None,
    wheels: Path | None = None,
) -> None:
    team, version = _requirements(environment)
    if version:
        merged_requirements(
            version=airflow_version(version),
            ours=lineage.requirements if lineage else (),
            team=team,
            wheels=wheels,
        )
    elif team:
        # The versions that its lines must agree with are not known.
        team.read_text()


def _requirements(environment: Partial[AnyEnvironment]) -> tuple[Path | None, str | None]:
    return environment.get(lambda each: each.requirements), environment.get(
        lambda each: each.airflow_version
    )


def _check_plugins(lineage: ResolvedLineage | None, team: Path) -> None:
    members = plugin_members(lineage, team=team)
    if lineage:
        refuse_rival_plugins(members)


def _attempt(key: str, check: Callable[[], object]) -> Iterator[Conflict]:
    try:
        check()
    except ConflictError as conflict:
        yield key, conflict.message, conflict.remedy
    except UnicodeDecodeError:
        yield key, "The file holds what is not text in UTF-8.", None
    except OSError as error:
        yield key, f"It cannot be read: {error.strerror}.", None


def _lineage(environment: Partial[AnyEnvironment], *, is_deployed: bool) -> ResolvedLineage | None:
    """The lineage that the generated files are built from, where it is valid."""
    lineage = compatible_lineage(environment)
    if not lineage:
        return None
    return resolve_lineage(
        lineage,
        environment=environment.get(lambda each: each.name) or "",
        version=str(environment.get(lambda each: each.airflow_version)),
        is_deployed=is_deployed,
    )
