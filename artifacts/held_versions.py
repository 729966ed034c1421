"""Which constraints pip is under on MWAA, and the versions to which they hold a team's lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from artifacts.archive import content_of
from artifacts.image_constraints import (
    INSTALLED_IMAGE_FILE,
    SEEN_BY_MWAA,
    essential_pins,
    image_constraints,
    image_pins,
)
from artifacts.openmetadata_constraints import INSTALLED_CONSTRAINTS, PACKAGE, UNPINNED, bounds
from artifacts.requirement_checks import Held, overlap
from artifacts.requirement_lines import Line, Options
from artifacts.requirement_paths import URL, Shipped
from mwaa.versions import AirflowVersion


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """What pip is held to.

    - `named`: path or URL for the first line; None where none is to be named.
    - `held`: the versions, by package.
    - `kept`: the team's own constraint lines that stay.
    - `pins_ours`: whether nothing else chooses the versions of the platform's packages.
    """

    named: str | None
    held: Held
    kept: Sequence[Line] = ()
    pins_ours: bool = False


def choose(
    *,
    version: AirflowVersion,
    ours: Sequence[str],
    lines: Sequence[tuple[Line, Options]],
    is_isolated: bool,
    shipped: Shipped,
) -> Constraints:
    """The constraints of a file: those of OpenMetadata's client, the team's own, none, the image's.

    `is_isolated` tells that nothing can be fetched. Raises ConflictError for a constraint line that
    contradicts these.
    """
    named = [(line, each) for line, options in lines for each in options.constraints]
    of_image = image_constraints(version)
    usual = {of_image, version.constraints_url}
    if PACKAGE in ours:
        _refuse(named, usual | {INSTALLED_CONSTRAINTS}, INSTALLED_CONSTRAINTS)
        return Constraints(named=INSTALLED_CONSTRAINTS, held=_relaxed(version))
    own = [(line, each) for line, each in named if each not in usual]
    if own:
        _refuse([each for each in own if URL.match(each[1])], usual, of_image)
        return Constraints(
            named=None,
            held={**_of_essential(version), **_own(own, shipped)},
            kept=[line for line, _ in named],
            pins_ours=True,
        )
    comment = next(
        (
            line
            for line, options in lines
            if not options.constraints and SEEN_BY_MWAA.search(line.text)
        ),
        None,
    )
    if comment and not named:
        shipped.warnings.append(
            f"line {comment.number} of {comment.file} has `-c ` or `--constraint `, by which MWAA "
            "applies no constraints, though it is no option of pip's: pip may install any version "
            "of what Airflow does not hold. Take it out, and MWAA's versions apply."
        )
        return Constraints(named=None, held=_of_essential(version), pins_ours=True)
    if is_isolated:
        # MWAA applies the image's of its own accord, unless it takes the comment for them.
        of_image = INSTALLED_IMAGE_FILE if comment else ""
    return Constraints(named=of_image or None, held=_of_image(version))


def pinned(
    lines: Sequence[str], version: AirflowVersion, constraints: Constraints
) -> Mapping[str, Requirement]:
    """The platform's lines, each at the version of the image.

    Raises ConflictError where a team's constraints have another.
    """
    pins, found = image_pins(version), dict[str, Requirement]()
    for requirement in map(Requirement, lines):
        name = canonicalize_name(requirement.name)
        if not requirement.specifier and name in pins:
            requirement.specifier = SpecifierSet(f"=={pins[name]}")
        other, _ = constraints.held.get(name, (SpecifierSet(), ""))
        if not overlap(requirement.specifier, other):
            line = constraints.kept[0]
            raise line.refused(
                f"has {name}{other}, and lineage needs {name}{requirement.specifier}.",
                "Take the line out, or have the file agree.",
            )
        found[name] = requirement
    return found


def _refuse(named: Sequence[tuple[Line, str]], usual: set[str], constraints: str) -> None:
    for line, each in named:
        if each not in usual:
            raise line.refused(
                f"contradicts the constraints of the environment, {constraints}.",
                "Remove the line.",
            )


@cache
def _of_image(version: AirflowVersion) -> Held:
    return _exact(image_pins(version), version)


@cache
def _of_essential(version: AirflowVersion) -> Held:
    return _exact(essential_pins(version), version)


def _exact(pins: Mapping[str, str], version: AirflowVersion) -> dict[str, tuple[SpecifierSet, str]]:
    why = f"which MWAA has or allows with Airflow {version.version}"
    return {name: (SpecifierSet(f"=={pin}"), why) for name, pin in pins.items()}


@cache
def _relaxed(version: AirflowVersion) -> Held:
    pins = image_pins(version)
    bounded = {name: (each, "which lineage needs") for name, each in bounds(pins).items()}
    kept = {name: pin for name, pin in pins.items() if name not in UNPINNED}
    return _exact(kept, version) | bounded


def _own(
    named: Sequence[tuple[Line, str]], shipped: Shipped
) -> dict[str, tuple[SpecifierSet, str]]:
    """The versions of a team's own constraint files that are shipped."""
    held: dict[str, tuple[SpecifierSet, str]] = {}
    for line, path in named:
        member = shipped.find(path, line)
        if not member:
            continue
        text = content_of(member).decode("utf-8-sig")
        for number, constraint in enumerate(text.splitlines(), start=1):
            if stated := constraint.partition("#")[0].strip():
                try:
                    requirement = Requirement(stated)
                except InvalidRequirement:
                    raise line.refused(
                        f"names a file whose line {number} is no constraint that pip reads.",
                        "Write it as name==version.",
                    ) from None
                why = f"which line {number} of {member.origin} says"
                held[canonicalize_name(requirement.name)] = (requirement.specifier, why)
    return held
