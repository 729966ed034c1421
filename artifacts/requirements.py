"""The requirements.txt of an environment: the platform's lines and the team's, merged.

MWAA only logs a failed installation and starts Airflow without the packages, so lines that are
certain to fail are rejected here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from artifacts.conflict import ConflictError
from artifacts.openmetadata_constraints import INSTALLED_CONSTRAINTS, PACKAGE, UNPINNED, bounds
from artifacts.wheels import INSTALLED_WHEELS, WHEELS_REMEDY, Wheel, wheels_for
from mwaa.constraints import constraints
from mwaa.versions import (
    AMAZON_PROVIDER,
    OPENLINEAGE_AIRFLOW,
    OPENLINEAGE_PROVIDER,
    PREINSTALLED,
    AirflowVersion,
)

NOTHING = "# Nothing beyond what MWAA brings.\n"

CONSTRAINT_OPTION = re.compile(r"(?:-c\s*|--constraint(?:\s+|\s*=\s*))(.+)")
NESTED_FILE_OPTION = re.compile(r"-r|--requirement\b")
# Lines other than name==version: options, URLs and paths.
OPAQUE_LINE = re.compile(r"-|[./]|[A-Za-z0-9+.]+:|\$\{")
LOCAL_PATH = re.compile(r"((-e|--editable)[ =]+)?(\.|file:\.)")
# Those of them that work without the internet: paths on MWAA, and options without a location.
OFFLINE_LINE = re.compile(r"/|--(no-index|prefer-binary|pre|only-binary|no-binary)\b")

# Values of environment markers on MWAA.
MWAA_PLATFORM: Mapping[str, str] = MappingProxyType(
    {
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "sys_platform": "linux",
    }
)


# Packages whose version must be known, so that a URL is rejected.
NEVER_FROM_URL = ("apache-airflow", AMAZON_PROVIDER, OPENLINEAGE_PROVIDER, "openlineage-python")
# Packages that send the same events, each on its own versions of Airflow.
ALTERNATIVES: Mapping[str, str] = MappingProxyType(
    {OPENLINEAGE_AIRFLOW: OPENLINEAGE_PROVIDER, OPENLINEAGE_PROVIDER: OPENLINEAGE_AIRFLOW}
)
DATAHUB_PLUGIN = "acryl-datahub-airflow-plugin"
# Packages that the provider requires and MWAA's image lacks.
PROVIDER_DEPENDENCIES = ("openlineage-integration-common", "openlineage-python", "openlineage-sql")


@dataclass(frozen=True)
class _Line:
    """A logical line of a requirements file, with its continuations."""

    file: Path
    number: int
    text: str

    @property
    def statement(self) -> str:
        """The line as pip reads it: without its comment, and in one piece."""
        joined = self.text.replace("\\\n", " ")
        return re.sub(r"(^|\s+)#.*$", "", joined).strip()

    def __str__(self) -> str:
        """File, line number and text, without credentials in a URL."""
        shown = re.sub(r"//[^/\s]*@", "//…@", self.statement)
        return f"{self.file.name}, line {self.number} ({shown})"


@dataclass(frozen=True, kw_only=True)
class _Context:
    """What the team's lines are checked against: the platform's lines, and wheels if any."""

    version: AirflowVersion
    ours: Mapping[str, Requirement]
    wheels: Sequence[Wheel] | None
    folder: Path | None

    @property
    def constraints(self) -> str:
        """Path or URL of the constraints for pip on MWAA."""
        return INSTALLED_CONSTRAINTS if self._relaxed else self.version.constraints_url

    @property
    def _relaxed(self) -> bool:
        return PACKAGE in self.ours

    def allowed(self, name: str) -> tuple[SpecifierSet, str] | None:
        """The versions of a package that can be installed, and why only those; None for any."""
        if (own := self.ours.get(name)) and own.specifier:
            return own.specifier, "which lineage needs"
        pins = _pins(self.version)
        if self._relaxed and (bound := bounds(pins).get(name)):
            return bound, "which lineage needs"
        if self._relaxed and name in UNPINNED:
            return None
        pinned = pins.get(name)
        if pinned is None:
            return None
        return (
            SpecifierSet(f"=={pinned}"),
            f"which MWAA has or allows with Airflow {self.version.version}",
        )


def merged_requirements(
    *,
    version: AirflowVersion,
    ours: Sequence[str] = (),
    team: Path | None = None,
    wheels: Path | None = None,
) -> str:
    """The content: the constraint line first, as MWAA requires, then our lines and the team's.

    With OpenMetadata's client the constraints are those in plugins.zip. With a folder of `wheels`
    packages are installed from it alone, and no URL of constraints is named. Without any line there
    are no constraints either: without access to the internet pip would try for minutes to fetch
    them. The team's comments are kept, and duplicate lines dropped. Raises ConflictError for a line
    of the team's that contradicts ours or cannot work on MWAA, and for an incompatible wheel.
    """
    context = _Context(
        version=version,
        ours={canonicalize_name(each.name): each for each in map(Requirement, ours)},
        wheels=wheels_for(version, wheels) if wheels else None,
        folder=wheels,
    )
    for requirement in _platform_requirements(context):
        _check_wheel(str(requirement), requirement, context)
    lines = [*ours, *(_team_lines(team, context) if team else ())]
    if not lines:
        return NOTHING
    return "\n".join([*_first_lines(context), *lines]).rstrip() + "\n"


def build_requirements(
    *,
    version: AirflowVersion,
    ours: Sequence[str] = (),
    team: Path | None = None,
    wheels: Path | None = None,
    directory: Path,
) -> Path:
    """Writes requirements-<hash>.txt: `merged_requirements`, whose errors it raises."""
    content = merged_requirements(version=version, ours=ours, team=team, wheels=wheels).encode()
    path = directory / f"requirements-{hashlib.sha256(content).hexdigest()[:16]}.txt"
    path.write_bytes(content)
    return path


def _first_lines(context: _Context) -> Iterator[str]:
    without_internet = context.wheels is not None
    if not (without_internet and context.constraints.startswith("https:")):
        yield f'--constraint "{context.constraints}"'
    if without_internet:
        yield "--no-index"
        yield f"--find-links {INSTALLED_WHEELS}"


def _platform_requirements(context: _Context) -> Iterator[Requirement]:
    yield from context.ours.values()
    if OPENLINEAGE_PROVIDER in context.ours:
        yield from map(Requirement, PROVIDER_DEPENDENCIES)


def _team_lines(team: Path, context: _Context) -> Iterator[str]:
    seen = {*context.ours}
    for line in _logical_lines(team):
        statement = line.statement
        if not statement:
            yield line.text
        elif option := CONSTRAINT_OPTION.fullmatch(statement):
            _check_constraint(line, option.group(1).strip("\"'"), context)
        elif NESTED_FILE_OPTION.match(statement):
            raise ConflictError(
                f"{line} names another file, which is not shipped.", remedy="Put its lines here."
            )
        elif (key := _line_key(line, context)) not in seen:
            seen.add(key)
            yield line.text


def _logical_lines(file: Path) -> Iterator[_Line]:
    text = "\n".join(file.read_text(encoding="utf-8-sig").splitlines())
    number = 1
    for logical in re.split(r"(?<!\\)\n", text):
        yield _Line(file, number, logical.rstrip())
        number += logical.count("\n") + 1


def _check_constraint(line: _Line, named: str, context: _Context) -> None:
    if named not in {context.constraints, context.version.constraints_url}:
        raise ConflictError(
            f"{line} contradicts the constraints of the environment, {context.constraints}.",
            remedy="Remove the line.",
        )


def _line_key(line: _Line, context: _Context) -> str:
    """Key by which duplicates are found: the requirement, or its name where ours includes it."""
    statement = line.statement
    if LOCAL_PATH.match(statement):
        raise ConflictError(
            f"{line} is a path of this machine, which is not shipped.",
            remedy="Build a wheel of it and ship it with Wheels, or its modules with Plugins.",
        )
    if OPAQUE_LINE.match(statement):
        if context.wheels is not None and not OFFLINE_LINE.match(statement):
            raise _not_in_wheels(str(line), context)
        return statement
    specification, *options = re.split(r"\s+(?=--)", statement)
    try:
        requirement = Requirement(specification)
    except InvalidRequirement:
        raise ConflictError(
            f"{line} is not a requirement that pip reads.",
            remedy="Write it as name==version, or as name alone.",
        ) from None
    if context.ours and any(option.startswith("--hash") for option in options):
        raise ConflictError(
            f"{line} has a hash, so pip would want one for {', '.join(context.ours)} too.",
            remedy="Remove the hash.",
        )
    if _applies(requirement, context.version):
        _check_pin(line, requirement, context)
        _check_wheel(str(line), requirement, context)
    name = canonicalize_name(requirement.name)
    adds_nothing = name in context.ours and not requirement.extras
    return name if adds_nothing else str(requirement)


def _applies(requirement: Requirement, version: AirflowVersion) -> bool:
    return not requirement.marker or requirement.marker.evaluate(
        {**MWAA_PLATFORM, "python_version": version.python}
    )


def _check_pin(line: _Line, requirement: Requirement, context: _Context) -> None:
    name = canonicalize_name(requirement.name)
    if name == DATAHUB_PLUGIN and {OPENLINEAGE_PROVIDER, OPENLINEAGE_AIRFLOW} & {*context.ours}:
        raise ConflictError(
            f"{line} turns off the plugin by which lineage is sent.",
            remedy="Remove the line. DataHub takes lineage as a catalogue too: Provider DataHub.",
        )
    if (alternative := ALTERNATIVES.get(name)) and alternative in context.ours:
        raise ConflictError(
            f"{line} sends the same events as {alternative}, which lineage needs.",
            remedy="Remove the line.",
        )
    if not (allowed := context.allowed(name)):
        return
    versions, why = allowed
    elsewhere = requirement.url and (name in NEVER_FROM_URL or name in context.ours)
    if elsewhere or not _overlap(requirement.specifier, versions):
        raise ConflictError(
            f"{line} contradicts {name}{versions}, {why}.",
            remedy="Remove the line or its version.",
        )


def _overlap(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Whether a version that either of them names, or the lowest possible, satisfies both."""
    named = {"0", *(each.version.removesuffix(".*") for each in (*one, *other))}
    return any(
        one.contains(version, prereleases=True) and other.contains(version, prereleases=True)
        for version in named
    )


def _check_wheel(what: str, requirement: Requirement, context: _Context) -> None:
    name = canonicalize_name(requirement.name)
    if context.wheels is None or name in PREINSTALLED:
        return
    allowed = context.allowed(name)
    if requirement.url or not any(
        wheel.satisfies(requirement)
        and (not allowed or allowed[0].contains(wheel.version, prereleases=True))
        for wheel in context.wheels
    ):
        raise _not_in_wheels(what, context)


def _not_in_wheels(what: str, context: _Context) -> ConflictError:
    return ConflictError(
        f"{what} is not among the wheels in {context.folder}, and nothing else can be installed.",
        remedy=WHEELS_REMEDY,
    )


def _pins(version: AirflowVersion) -> Mapping[str, str]:
    return {**constraints(version.version), "apache-airflow": version.version}
