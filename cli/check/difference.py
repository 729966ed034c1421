"""What an environment gets that it did not get at a revision of git, and the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from cli.check.shipped import ShippedFiles, shipped_files
from cli.plan.revision import Revision
from config.loader import load_configuration
from config.model import AnyEnvironment
from errors import Finding, Level, PlatformError
from mwaa.constraints import installed

REVISION, PACKAGES, DAGS = "revision", "packages", "DAGs"
LARGEST_LIST = 50

Look = Callable[[ShippedFiles], None]
"""Fills `seen` of the files."""


def differences(
    now: ShippedFiles, revision: Revision, folder: Path, look: Look
) -> Iterator[Finding]:
    """The packages and DAGs that differ since a revision, whose files are looked at too.

    Nothing of it is wrong: what is, is told of today's files.
    """
    try:
        before = _environment(revision, now.environment.name)
        if before is None:
            yield _skipped(f"{revision.title} does not have the environment.")
            return
        then = shipped_files(before, folder)
    except (PlatformError, ValueError) as error:
        said = getattr(error, "message", str(error))
        yield _skipped(f"What {revision.title} ships cannot be built today: {said}")
        return
    look(then)
    releases = [each.sources.version.version for each in (then, now)]
    if releases[0] != releases[1]:
        yield _changed("Airflow", f"changes from {releases[0]} to {releases[1]}")
    yield from _between(PACKAGES, _packages(then, now), revision)
    yield from _between(DAGS, _dags(then, now), revision)


def _environment(revision: Revision, name: str) -> AnyEnvironment | None:
    former = load_configuration(revision.configuration).environments
    return next((each for each in former if each.name == name), None)


def _packages(then: ShippedFiles, now: ShippedFiles) -> Sequence[str] | None:
    """What differs in words; None where one of both is not known."""
    if then.seen.versions is None or now.seen.versions is None:
        return None
    names = sorted({*then.seen.versions, *now.seen.versions})
    before, after = _effective(then), _effective(now)
    told = (_change(name, before.get(name), after.get(name)) for name in names)
    return [each for each in told if each]


def _effective(shipped: ShippedFiles) -> Mapping[str, str]:
    """The versions that tasks find, of the image or of what is installed above it."""
    return {**installed(shipped.sources.version.version), **(shipped.seen.versions or {})}


def _change(name: str, before: str | None, after: str | None) -> str | None:
    if before == after:
        return None
    if before is None:
        return f"{name} {after} is new"
    return f"{name} {before} is gone" if after is None else f"{name} {before} becomes {after}"


def _dags(then: ShippedFiles, now: ShippedFiles) -> Sequence[str] | None:
    before, after = then.seen.dags, now.seen.dags
    if before is None or after is None:
        return None
    new = [f"{each} is new" for each in sorted(after.keys() - before.keys())]
    return [*new, *(f"{each} is gone" for each in sorted(before.keys() - after.keys()))]


def _between(subject: str, told: Sequence[str] | None, revision: Revision) -> Iterator[Finding]:
    if told is None:
        message = f"What differs since {revision.title} is not known: see what was not tried."
        yield Finding(level=Level.SKIPPED, subject=subject, message=message)
    elif not told:
        yield _changed(subject, f"are those of {revision.title}")
    else:
        more = len(told) - LARGEST_LIST
        rest = [f"and {more} more"] if more > 0 else []
        yield _changed(subject, "; ".join([*told[:LARGEST_LIST], *rest]))


def _changed(subject: str, message: str) -> Finding:
    return Finding(level=Level.OK, subject=subject, message=message)


def _skipped(why: str) -> Finding:
    return Finding(level=Level.SKIPPED, subject=REVISION, message=why)
