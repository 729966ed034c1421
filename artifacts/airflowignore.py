"""Merge of two .airflowignore files of the plugins folder: the platform's and a team's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from artifacts.archive import Member, content_of, generated_members
from artifacts.conflict import ConflictError

AIRFLOW_IGNORE = ".airflowignore"
COMMENT = re.compile(r"\s*#.*")
"""Airflow removes it from a line, in both syntaxes."""


def merge_rules(
    ours: Sequence[Member], theirs: Sequence[Member], *, plugin: str
) -> tuple[list[Member], list[Member]]:
    """Returns both lists, with all rules in one .airflowignore of ours where both have one.

    Airflow 2 reads regular expressions, of which any may hide a file; Airflow 3 reads globs, of
    which the last one that matches counts. So a rule that hides `plugin` as a regular expression
    raises ConflictError, and as a glob it is negated in the last line.
    """
    own, rules = _split(ours)
    others, team_rules = _split(theirs)
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
    both = generated_members({AIRFLOW_IGNORE: "\n".join(lines).encode()}, origin="lineage")
    return [*own, *both], others


def _split(members: Sequence[Member]) -> tuple[list[Member], str]:
    """The members without the file, and the content of the file."""
    found = [member for member in members if member.name == AIRFLOW_IGNORE]
    rest = [member for member in members if member.name != AIRFLOW_IGNORE]
    return rest, "".join(map(_text, found))


def _text(member: Member) -> str:
    try:
        return content_of(member).decode()
    except UnicodeDecodeError:
        raise ConflictError(
            f"{member.origin} is not UTF-8 text, so that Airflow would load no plugin.",
            remedy="Save it as UTF-8.",
        ) from None


def _hides(line: str, name: str) -> bool:
    rule = COMMENT.sub("", line)
    try:
        return bool(rule and re.search(rule, name))
    except re.error:  # a glob, such as *.py, which Airflow 2 ignores
        return False
