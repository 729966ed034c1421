"""The .airflowignore of the plugins folder, where a team has one as well as the platform."""

from __future__ import annotations

import re
from collections.abc import Sequence

from artifacts.archive import Member, generated
from artifacts.conflict import ConflictError

AIRFLOW_IGNORE = ".airflowignore"
COMMENT = re.compile(r"\s*#.*")
"""Airflow cuts it off before it reads a line, in both of its ways to read them."""


def with_team_rules(
    ours: Sequence[Member], theirs: Sequence[Member], *, plugin: str
) -> tuple[list[Member], list[Member]]:
    """Both lists again, with one .airflowignore of all rules among ours where both have one.

    Airflow 2 reads regular expressions, of which any may hide a file; Airflow 3 reads globs, of
    which the last counts. So a rule that hides `plugin` as a regular expression is refused, by
    ConflictError, and as a glob it is taken back in the last line.
    """
    own, rules = _taken(ours)
    others, team_rules = _taken(theirs)
    if not (rules and team_rules):
        return [*ours], [*theirs]
    for number, line in enumerate(team_rules.split("\n"), start=1):
        if _hides(line, plugin):
            raise ConflictError(
                f"Line {number} of {AIRFLOW_IGNORE}, {line.strip()!r}, hides {plugin}, which "
                "lineage brings.",
                remedy=f"Make the rule narrower: Airflow 2 looks for it anywhere in {plugin!r}.",
            )
    lines = [team_rules.rstrip("\n"), rules.rstrip("\n"), f"!{plugin}", ""]
    both = generated({AIRFLOW_IGNORE: "\n".join(lines).encode()}, origin="lineage")
    return [*own, *both], others


def _taken(members: Sequence[Member]) -> tuple[list[Member], str]:
    """The members without the file, and what stands in it."""
    found = [member for member in members if member.name == AIRFLOW_IGNORE]
    rest = [member for member in members if member.name != AIRFLOW_IGNORE]
    return rest, "".join(map(_text, found))


def _text(member: Member) -> str:
    with member.open() as file:
        try:
            return file.read().decode()
        except UnicodeDecodeError:
            raise ConflictError(
                f"{member.origin} is not UTF-8 text, so that Airflow would load no plugin.",
                remedy="Save it as UTF-8.",
            ) from None


def _hides(line: str, name: str) -> bool:
    rule = COMMENT.sub("", line)
    try:
        return bool(rule and re.search(rule, name))
    except re.error:  # a glob, such as *.py, which Airflow 2 passes over
        return False
