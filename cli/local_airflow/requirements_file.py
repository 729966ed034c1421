"""Adds the lines of an environment's requirements.txt to another."""

from __future__ import annotations

import re

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from cli.local_airflow.merging import Merged, ending_its_last_line, in_its_newlines


def merge(existing: str, ours: str) -> Merged:
    """Add the lines that are not there; where another speaks of the same package, it is left."""
    there = {_subject(line): line for line in _lines(existing)}
    missing, left = [], []
    for line in _lines(ours):
        other = there.get(_subject(line))
        if other is None:
            missing.append(line)
        elif other != line:
            left.append(f"It has another line for the same package. The environment has:\n{line}")
    if not missing:
        return Merged(text=existing, left=tuple(left))
    if not existing:
        return Merged(text=ours)
    added = "".join(f"{line}\n" for line in missing)
    text = ending_its_last_line(existing) + in_its_newlines(added, existing)
    return Merged(text=text, left=tuple(left))


def _lines(text: str) -> list[str]:
    """What pip reads: lines with their continuations, without comments."""
    logical = re.split(r"(?<!\\)\n", text.replace("\r\n", "\n"))
    statements = (re.sub(r"(^|\s+)#.*$", "", line).strip() for line in logical)
    return [statement for statement in statements if statement]


def _subject(line: str) -> str:
    """What a line is about: a package, the constraints, or itself."""
    if re.match(r"(-c\b|--constraint\b)", line):
        return "--constraint"
    try:
        return canonicalize_name(Requirement(re.split(r"\s+--|\s*\\\n", line)[0]).name)
    except InvalidRequirement:
        return line
