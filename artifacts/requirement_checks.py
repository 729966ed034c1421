"""Checks of a team's requirements against lineage's, MWAA's versions, and wheels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from artifacts.conflict import ConflictError
from artifacts.requirement_lines import Line
from artifacts.wheels import WHEELS_REMEDY, Wheel
from mwaa.versions import (
    AMAZON_PROVIDER,
    OPENLINEAGE_AIRFLOW,
    OPENLINEAGE_PROVIDER,
    PREINSTALLED,
)

# Packages whose version must be known, so that a URL is rejected.
NEVER_FROM_URL = ("apache-airflow", AMAZON_PROVIDER, OPENLINEAGE_PROVIDER, "openlineage-python")
# Packages that send the same events, each on its own versions of Airflow.
ALTERNATIVES: Mapping[str, str] = MappingProxyType(
    {OPENLINEAGE_AIRFLOW: OPENLINEAGE_PROVIDER, OPENLINEAGE_PROVIDER: OPENLINEAGE_AIRFLOW}
)
RELEASE = re.compile(r"[0-9]+(\.[0-9]+)*")
DATAHUB_PLUGIN = "acryl-datahub-airflow-plugin"


Held = Mapping[str, tuple[SpecifierSet, str]]
"""The versions that pip is held to, by package: each with the reason in words."""


@dataclass(frozen=True, kw_only=True)
class Checks:
    """What a team's lines are checked against: the platform's lines, versions, and wheels if any.

    `wheels_from` says where the wheels are, in words. `installed` has the packages of the image
    that need none. `stated` has the pins and ranges so far, by
    package.
    """

    ours: Mapping[str, Requirement]
    held: Held
    wheels: Sequence[Wheel] | None
    wheels_from: str
    wheels_remedy: str = WHEELS_REMEDY
    installed: Mapping[str, str] = field(default_factory=dict)
    stated: dict[str, tuple[dict[SpecifierSet, Line], dict[SpecifierSet, Line]]] = field(
        default_factory=dict
    )

    def check(self, line: Line, requirement: Requirement) -> None:
        """Raises ConflictError for a line that contradicts another, or that cannot be met."""
        name = canonicalize_name(requirement.name)
        self._check_rivals(line, name)
        self._check_pin(line, requirement, name)
        self.check_wheel(str(line), requirement)
        self._check_stated(line, requirement.specifier, name)

    def check_wheel(self, what: str, requirement: Requirement) -> None:
        """Raises ConflictError where only wheels are installed from, and none satisfies."""
        name = canonicalize_name(requirement.name)
        if self.wheels is None or name in PREINSTALLED:
            return
        if is_installed(requirement, self.installed):
            return
        allowed = self.held.get(name)
        if requirement.url or not any(
            wheel.satisfies(requirement)
            and (not allowed or allowed[0].contains(wheel.version, prereleases=True))
            for wheel in self.wheels
        ):
            raise self.not_in_wheels(what)

    def not_in_wheels(self, what: str) -> ConflictError:
        """The error of what is not among the wheels."""
        return ConflictError(
            f"{what} is not among the wheels in {self.wheels_from}, and nothing else can be "
            "installed.",
            remedy=self.wheels_remedy,
        )

    def _check_rivals(self, line: Line, name: str) -> None:
        if name == DATAHUB_PLUGIN and {OPENLINEAGE_PROVIDER, OPENLINEAGE_AIRFLOW} & {*self.ours}:
            raise line.refused(
                "turns off the plugin by which lineage is sent.",
                "Remove the line. DataHub takes lineage as a catalogue too: Provider DataHub.",
            )
        if (alternative := ALTERNATIVES.get(name)) and alternative in self.ours:
            raise line.refused(
                f"sends the same events as {alternative}, which lineage needs.", "Remove the line."
            )

    def _check_stated(self, line: Line, specifier: SpecifierSet, name: str) -> None:
        """Two lines of one package contradict each other where one of them pins it."""
        pins, ranges = self.stated.setdefault(name, ({}, {}))
        is_pin = _pins(specifier)
        for other, earlier in {**pins, **(ranges if is_pin else {})}.items():
            if not overlap(specifier, other):
                raise line.refused(
                    f"contradicts line {earlier.number}, {earlier.statement}.",
                    "Keep one of them.",
                )
        (pins if is_pin else ranges).setdefault(specifier, line)

    def _check_pin(self, line: Line, requirement: Requirement, name: str) -> None:
        allowed = self.held.get(name)
        if not allowed:
            if name in self.ours and (requirement.specifier or requirement.url):
                raise line.refused(
                    f"chooses a version of {name}, which lineage needs in the version that MWAA's "
                    "constraints have.",
                    "Remove its version.",
                )
            return
        versions, why = allowed
        elsewhere = requirement.url and (name in NEVER_FROM_URL or name in self.ours)
        if elsewhere or not overlap(requirement.specifier, versions):
            raise line.refused(
                f"contradicts {name}{versions}, {why}.", "Remove the line or its version."
            )


def is_installed(requirement: Requirement, versions: Mapping[str, str]) -> bool:
    """Whether one of these versions, by package, is all that a requirement asks for."""
    name = canonicalize_name(requirement.name)
    return (
        name in versions
        and not requirement.extras
        and not requirement.url
        and requirement.specifier.contains(versions[name], prereleases=True)
    )


def overlap(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Whether one of these versions satisfies both: those that they name, those just above, the
    lowest possible."""
    named = {each.version.removesuffix(".*") for each in (*one, *other)}
    above = {f"{match[0]}.1" for each in named if (match := RELEASE.match(each))}
    return any(
        one.contains(version, prereleases=True) and other.contains(version, prereleases=True)
        for version in {"0", *named, *above}
    )


def _pins(specifier: SpecifierSet) -> bool:
    return any(each.operator in {"==", "==="} for each in specifier)
