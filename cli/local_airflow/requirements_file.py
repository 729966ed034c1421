"""Merge of an environment's requirements.txt into another."""

from __future__ import annotations

import re

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from cli.local_airflow.merge_result import MergeResult, with_final_newline, with_newlines_of


def merge(existing: str, ours: str) -> MergeResult:
    """Adds the lines that are missing, and keeps other lines for the same packages."""
    present = {_package(line): line for line in _lines(existing)}
    missing, manual_steps = [], []
    for line in _lines(ours):
        other = present.get(_package(line))
        if other is None:
            missing.append(line)
        elif other != line:
            manual_steps.append(
                f"It has another line for the same package. The environment has:\n{line}"
            )
    if not missing:
        return MergeResult(text=existing, manual_steps=tuple(manual_steps))
    if not existing:
        return MergeResult(text=ours)
    added = "".join(f"{line}\n" for line in missing)
    text = with_final_newline(existing) + with_newlines_of(existing, added)
    return MergeResult(text=text, manual_steps=tuple(manual_steps))


def _lines(text: str) -> list[str]:
    """Returns the logical lines that pip reads: with continuations, without comments."""
    logical = re.split(r"(?<!\\)\n", text.replace("\r\n", "\n"))
    statements = (re.sub(r"(^|\s+)#.*$", "", line).strip() for line in logical)
    return [statement for statement in statements if statement]


def _package(line: str) -> str:
    """Returns the package that a line requires, or --constraint, or the line itself."""
    if re.match(r"(-c\b|--constraint\b)", line):
        return "--constraint"
    try:
        return canonicalize_name(Requirement(re.split(r"\s+--|\s*\\\n", line)[0]).name)
    except InvalidRequirement:
        return line
