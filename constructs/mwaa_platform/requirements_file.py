"""The requirements.txt of an environment: the platform's lines and the team's, merged.

On MWAA a failed installation is only written to a log and Airflow starts without the packages, so
what can be known to fail is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from mwaa_platform.airflow_versions import AirflowVersion

OPENLINEAGE_PROVIDER = "apache-airflow-providers-openlineage"

NOTHING = "# Nothing beyond what MWAA brings.\n"

CONSTRAINT_OPTION = re.compile(r"(?:-c\s*|--constraint(?:\s+|\s*=\s*))(.+)")
NESTED_FILE_OPTION = re.compile(r"-r|--requirement\b")
# What is no requirement of the form name==version: other options, URLs, and paths.
OPAQUE = re.compile(r"-|[./]|[A-Za-z0-9+.]+:|\$\{")

# What environment markers mean on MWAA, whatever machine this runs on.
MWAA_PLATFORM: Mapping[str, str] = MappingProxyType(
    {
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "sys_platform": "linux",
    }
)


class RequirementsClash(ValueError):  # noqa: N818 - says what it is
    """A line of a team's file cannot stand in the environment's requirements.txt.

    The text names the file, the line and what it contradicts; `remedy` what to do.
    """

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


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
        """Where it is and what it says, without the credentials that a URL may carry."""
        shown = re.sub(r"//[^/\s]*@", "//…@", self.statement)
        return f"{self.file.name}, line {self.number} ({shown})"


def merged_requirements(*, version: AirflowVersion, lineage: bool, team: Path | None) -> str:
    """The content: the constraint line first, as MWAA wants it, our lines, the team's lines.

    Without our lines and a team's file there are no constraints either: pip would fetch them all
    the same, and try for minutes where there is no way to the internet. The team's comments stay; a
    line that says what another already says is dropped. Raises RequirementsClash when a line of the
    team's contradicts ours, or cannot work on MWAA.
    """
    ours = [OPENLINEAGE_PROVIDER] if lineage else []
    lines = [*ours, *(_own_lines(team, version, ours) if team else ())]
    if not lines:
        return NOTHING
    return "\n".join([f'--constraint "{version.constraints_url}"', *lines]).rstrip() + "\n"


def _own_lines(team: Path, version: AirflowVersion, ours: Sequence[str]) -> Iterator[str]:
    seen = {*ours}
    for line in _logical_lines(team):
        statement = line.statement
        if not statement:
            yield line.text
        elif option := CONSTRAINT_OPTION.fullmatch(statement):
            _check_constraint(line, option.group(1).strip("\"'"), version)
        elif NESTED_FILE_OPTION.match(statement):
            raise RequirementsClash(
                f"{line} names another file, which is not shipped.", remedy="Put its lines here."
            )
        elif (key := _key(line, version, ours)) not in seen:
            seen.add(key)
            yield line.text


def _logical_lines(file: Path) -> Iterator[_Line]:
    text = "\n".join(file.read_text(encoding="utf-8-sig").splitlines())
    number = 1
    for logical in re.split(r"(?<!\\)\n", text):
        yield _Line(file, number, logical.rstrip())
        number += logical.count("\n") + 1


def _check_constraint(line: _Line, url: str, version: AirflowVersion) -> None:
    if url != version.constraints_url:
        raise RequirementsClash(
            f"{line} contradicts the constraints of the environment, {version.constraints_url}.",
            remedy="Remove the line.",
        )


def _key(line: _Line, version: AirflowVersion, ours: Sequence[str]) -> str:
    """What tells a line from others: its requirement, by name alone where it adds nothing."""
    statement = line.statement
    if OPAQUE.match(statement):
        return statement
    specification, *options = re.split(r"\s+(?=--)", statement)
    try:
        requirement = Requirement(specification)
    except InvalidRequirement:
        raise RequirementsClash(
            f"{line} is not a requirement that pip reads.",
            remedy="Write it as name==version, or as name alone.",
        ) from None
    if ours and any(option.startswith("--hash") for option in options):
        raise RequirementsClash(
            f"{line} has a hash, so pip would want one for {', '.join(ours)} too.",
            remedy="Remove the hash.",
        )
    _check_pin(line, requirement, version)
    name = canonicalize_name(requirement.name)
    adds_nothing = name in ours and not requirement.extras
    return name if adds_nothing else str(requirement)


def _check_pin(line: _Line, requirement: Requirement, version: AirflowVersion) -> None:
    name = canonicalize_name(requirement.name)
    pinned = _pins(version).get(name)
    applies = not requirement.marker or requirement.marker.evaluate(
        {**MWAA_PLATFORM, "python_version": version.python}
    )
    if not pinned or not applies:
        return
    if requirement.url or not requirement.specifier.contains(pinned, prereleases=True):
        raise RequirementsClash(
            f"{line} contradicts {name}=={pinned}, which MWAA has with Airflow {version.version}.",
            remedy="Remove the line or its version.",
        )


def _pins(version: AirflowVersion) -> Mapping[str, str | None]:
    return {
        "apache-airflow": version.version,
        "apache-airflow-providers-amazon": version.amazon_provider,
        OPENLINEAGE_PROVIDER: version.openlineage_provider,
        "openlineage-python": version.openlineage_python,
    }
