"""The two sides of a conflict, found in what uv says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

MOST = 3
"""uv gives a reason for every release; the last ones are of the newest."""
REASON = re.compile(
    r"(?P<who>you require|all versions of \S+ depend on|\S+ depends on|depend on) "
    r"(?P<package>[A-Za-z0-9][\w.-]*?)(?P<range>[<>=!~]\S*)"
)
RELEASE = re.compile(r"[A-Za-z0-9][\w.-]*[<>=!~]\S*")
SEVERAL, ALL, YOU = "depend on", "all versions of ", "you require"


@dataclass(frozen=True, kw_only=True)
class Clash:
    """What is wanted of a package, in a sentence's beginning, and the version it is held to."""

    package: str
    wanted: str
    held: str


def clashes(output: str, pins: Mapping[str, str]) -> Sequence[Clash]:
    """Those of uv's reasons that a pin contradicts, the last one of each package."""
    found: dict[str, Clash] = {}
    for package, range_, who in _reasons(output):
        name = canonicalize_name(package)
        if name in pins and not _allows(range_, pins[name]):
            found.pop(name, None)
            found[name] = Clash(package=name, wanted=f"{who} {name}{range_}", held=pins[name])
    return [*found.values()][-MOST:]


def _reasons(output: str) -> Iterator[tuple[str, str, str]]:
    """The package of each reason, the versions that are wanted, and who wants them."""
    for match in REASON.finditer(output):
        who = match["who"]
        if who.startswith(ALL):
            who = who.replace(ALL, "Every version of ").replace(SEVERAL, "depends on")
        elif who == SEVERAL:
            named = RELEASE.findall(output, max(0, match.start() - 200), match.start())
            who = f"{named[-1]} depends on" if named else "What is installed depends on"
        elif who == YOU:
            who = "The requirements want"
        yield match["package"], match["range"].rstrip(",."), who


def _allows(range_: str, pin: str) -> bool:
    try:
        return SpecifierSet(range_).contains(pin, prereleases=True)
    except InvalidSpecifier:
        return True
