"""What pip will do with an environment's requirements.txt, told by uv's resolution."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from artifacts.image_constraints import SEEN_BY_MWAA, image_pins
from artifacts.requirement_hashes import without_hash
from artifacts.requirement_lines import read_file
from artifacts.requirement_paths import DAGS, PLUGINS
from artifacts.wheels import WHEELS_REMEDY, Wheel, wheels_for
from cli.check.conflicts import clashes
from cli.check.shipped import ShippedFiles
from cli.requirements.resolution import (
    ResolutionError,
    UnreachableIndexError,
    built_from_source,
    resolve,
)
from errors import Finding, Level, last_lines
from mwaa.constraints import constraints_file, essential_file, installed

SUBJECT = "requirements.txt"
NOT_BUILT = re.compile(r"Failed to (?:download and )?build `(?P<package>[A-Za-z0-9][\w.-]*)")
REASON = re.compile(r"^\s*(\w+(?:Error|Exception): .+)$", re.MULTILINE)
NOT_IN_INDEX = re.compile(
    r"(?P<absent>\S+) was not found in the package registry"
    r"|there are no versions of (?P<empty>[A-Za-z0-9][\w.-]*) and"
)
NO_VERSION = re.compile(
    r"there is no version of (?P<package>[A-Za-z0-9][\w.-]*?)(?P<range>[<>=!~]\S*?)[,.]?\s"
)
CONCLUSION = re.compile(r",? we can conclude that your requirements are unsatisfiable")
OPTIONS = re.compile(r"-[-a-z]+[ =]?")
NO_NETWORK = "It could not be resolved: the package index does not answer."


def check_requirements(shipped: ShippedFiles) -> Iterator[Finding]:
    """What is installed, what that changes of the image's own packages, and what cannot be."""
    version, text = shipped.sources.version, shipped.requirements
    if not shipped.sources.ships_requirements:
        yield Finding(level=Level.SKIPPED, subject=SUBJECT, message="It is not in the project.")
        return
    if not any(line and not line.startswith("#") for line in text.splitlines()):
        shipped.seen.versions = {}
        yield Finding(level=Level.OK, subject=SUBJECT, message="asks for nothing")
        return
    of_image = installed(version.version)
    local = {each.name: str(each.version) for each in _wheels(shipped)}
    try:
        found = resolve(lines_for_pip(shipped), version, preferred={**of_image, **local})
        shipped.seen.versions = found.versions
        new = {
            name: pin
            for name, pin in found.versions.items()
            if canonicalize_name(name) not in of_image
        }
        changed = {
            name: (of_image[name], pin)
            for name, pin in found.versions.items()
            if of_image.get(name, pin) != pin and pin
        }
        from_source = built_from_source(
            {**new, **{name: pin for name, (_, pin) in changed.items()}}, version, *_places(shipped)
        )
    except UnreachableIndexError as error:
        yield Finding(
            level=Level.SKIPPED,
            subject=SUBJECT,
            message=NO_NETWORK,
            detail=last_lines(error.output).splitlines()[0],
        )
        return
    except ResolutionError as error:
        yield from _unresolved(error, shipped)
        return
    yield Finding(level=Level.OK, subject=SUBJECT, message=_summary(new))
    for name, (before, after) in sorted(changed.items()):
        yield Finding(
            level=Level.OK, subject=name, message=f"of the image changes from {before} to {after}"
        )
    installs = {**new, **{name: after for name, (_, after) in changed.items()}}
    for name in without_hash(text, installs):
        yield Finding(
            subject=name,
            message="It is installed with what lines name, which have hashes, and has none: pip "
            "would install nothing.",
            remedy="Add a line for it with its hash, as `pip-compile --generate-hashes` does.",
        )
    yield from _from_source(from_source, shipped)
    yield from _missing_wheels(installs, shipped)


def _summary(new: Mapping[str, str]) -> str:
    if not new:
        return "installs nothing that the image does not have"
    listed = ", ".join(f"{name} {pin}".strip() for name, pin in sorted(new.items()))
    count = "1 package" if len(new) == 1 else f"{len(new)} packages"
    return f"installs {count} that the image does not have: {listed}"


def lines_for_pip(shipped: ShippedFiles) -> Iterator[str]:
    """The lines that pip on MWAA reads, with its constraints, as paths of this machine."""
    version, text = shipped.sources.version, shipped.requirements
    image, essential = constraints_file(version.version), essential_file(version.version)
    for line in text.splitlines():
        option = OPTIONS.match(line)
        if line.startswith("--no-index") or (option and DAGS in line):
            continue
        if version.constraints_url in line and image.exists():
            yield f'--constraint "{image}"'
        else:
            yield line.replace(PLUGINS, str(shipped.plugins))
    # https://github.com/aws/amazon-mwaa-docker-images, python/mwaa/utils/user_requirements.py
    named = [image] if not SEEN_BY_MWAA.search(text) else []
    yield from (f'--constraint "{each}"' for each in (*named, essential) if each.exists())


def _places(shipped: ShippedFiles) -> Iterator[str]:
    """The options by which uv finds what the team ships."""
    for line in lines_for_pip(shipped):
        if found := re.match(r"(?:-f|--find-links)[ =](.+)", line):
            yield f"--find-links={found[1].strip()}"


def _wheels(shipped: ShippedFiles) -> Sequence[Wheel]:
    folder = shipped.sources.wheels
    return wheels_for(shipped.sources.version, folder) if folder else ()


def _unresolved(error: ResolutionError, shipped: ShippedFiles) -> Iterator[Finding]:
    shipped.seen.unresolvable = True
    found = clashes(error.output, image_pins(shipped.sources.version))
    lines = _lines_of_team(shipped)
    for clash in found:
        line = lines.get(clash.package)
        yield Finding(
            subject=clash.package,
            message=f"{clash.wanted}, but MWAA's constraints pin it to {clash.held}.",
            detail=line or str(shipped.sources.requirements or ""),
            remedy="Choose versions that fit, or leave them out.",
        )
    if not found:
        yield _no_versions(error.output, shipped, lines)


def _no_versions(output: str, shipped: ShippedFiles, lines: Mapping[str, str]) -> Finding:
    """Why there are no versions, where MWAA's constraints are not the reason."""

    def of_package(name: str, message: str, remedy: str) -> Finding:
        where = lines.get(canonicalize_name(name)) or str(shipped.sources.requirements or "")
        return Finding(subject=name, message=message, detail=where, remedy=remedy)

    if built := NOT_BUILT.search(output):
        reasons = REASON.findall(output)
        why = f": {reasons[-1]}" if reasons else ""
        return of_package(
            built["package"],
            f"It has no wheel, and its build fails here{why}",
            "Take a version that has a wheel, or build a wheel of it yourself, and put it into "
            "Wheels.",
        )
    if missing := NOT_IN_INDEX.search(output):
        return of_package(
            missing["absent"] or missing["empty"],
            "The package index does not have it.",
            "Correct the name, or configure the index that has it.",
        )
    none = NO_VERSION.search(f"{' '.join(output.split())} ")
    if none and canonicalize_name(none["package"]) in lines:
        return of_package(
            none["package"],
            f"The package index has no version {none['range']}.",
            "Take a version that it has.",
        )
    return Finding(
        subject=SUBJECT,
        message=f"No versions fit together: {_last_sentence(output)}",
        detail=str(shipped.sources.requirements or ""),
        remedy="Change the lines that contradict each other.",
    )


def _last_sentence(output: str) -> str:
    """uv's conclusion, whose reasons can be thousands of lines."""
    words = " ".join(output.split())
    last = words.rpartition("cause: ")[2].rpartition("And because ")[2].removeprefix("Because ")
    return CONCLUSION.sub("", last)


def _lines_of_team(shipped: ShippedFiles) -> Mapping[str, str]:
    """The line of each package that the team asks for."""
    file, found = shipped.sources.requirements, dict[str, str]()
    for line in read_file(file) if file else ():
        try:
            name = canonicalize_name(Requirement(line.statement.partition(" -")[0]).name)
        except InvalidRequirement:
            continue
        found.setdefault(name, f"{file}, line {line.number}")
    return found


def _from_source(names: Iterable[str], shipped: ShippedFiles) -> Iterator[Finding]:
    for name in names:
        if shipped.key_without_internet:
            yield Finding(
                subject=name,
                message="It has no wheel for MWAA, and nothing is built there without internet.",
                remedy="Build a wheel of it yourself, and put it into Wheels.",
            )
        else:
            yield Finding(
                level=Level.WARNING,
                subject=name,
                message="It has no wheel for MWAA, whose image builds it at each start: it has a "
                "C compiler, but no Rust.",
                remedy="Build a wheel of it yourself, and put it into Wheels.",
            )


def _missing_wheels(needed: Mapping[str, str], shipped: ShippedFiles) -> Iterator[Finding]:
    """What is not among the wheels, where nothing else can be installed from."""
    isolated = "--no-index" in shipped.requirements.splitlines()
    if not isolated and not shipped.key_without_internet:
        return
    there = {(each.name, str(each.version)) for each in _wheels(shipped)}
    for name, pin in sorted(needed.items()):
        if (name, pin) not in there and pin:
            why = "--no-index" if isolated else shipped.key_without_internet
            yield Finding(
                subject=name,
                message=f"{name} {pin} is needed, and has no wheel in an environment with {why}.",
                remedy=WHEELS_REMEDY,
            )
