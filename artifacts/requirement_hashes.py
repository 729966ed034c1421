"""Hashes in a requirements.txt: where one line has one, pip installs nothing without the others'.

https://pip.pypa.io/en/stable/topics/secure-installs/
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from artifacts.requirement_lines import Line, Options, read_lines, split_options

IN_URL = re.compile(r"#(.*&)?(sha256|sha384|sha512)=")


def wants_hashes(lines: Iterable[Options]) -> bool:
    """Whether lines with these options have pip want a hash of all that it installs."""
    return any(each.hashes or each.require_hashes for each in lines)


def check_hash(
    line: Line, wanted: str, options: Options, requirement: Requirement | None, installed: bool
) -> None:
    """Raises ConflictError for a line that pip refuses beside lines with hashes.

    It looks at none of a package that is `installed` in the image, and stays.
    """
    if installed or IN_URL.search(wanted):
        return
    if not options.hashes:
        raise line.refused(
            "has no hash, and other lines have: pip would install nothing.",
            "Give each line its hash, or none.",
        )
    if requirement and not requirement.url and not _is_exact(requirement):
        raise line.refused(
            "has a hash, and no single version: pip would install nothing.",
            "Write it as name==version.",
        )


def without_hash(requirements: str, installed: Mapping[str, str]) -> Collection[str]:
    """Those that are `installed` and no line has, where lines have hashes; none where none has."""
    lines = [split_options(each) for each in read_lines(requirements, "") if each.statement]
    if not wants_hashes(options for _, options in lines):
        return ()
    return sorted({*installed} - {_name(wanted) for wanted, _ in lines})


def _name(wanted: str) -> str:
    try:
        return canonicalize_name(Requirement(wanted).name)
    except InvalidRequirement:
        return ""


def _is_exact(requirement: Requirement) -> bool:
    [*specifiers] = requirement.specifier
    return len(specifiers) == 1 and (
        specifiers[0].operator == "==="
        or (specifiers[0].operator == "==" and "*" not in specifiers[0].version)
    )
