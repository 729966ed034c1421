"""Adds variables to a .env file, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO

from dotenv.parser import Binding, parse_stream

from cli.local_airflow.merging import Merged, ending_its_last_line, in_its_newlines

QUOTED_DIFFERENTLY = set("$#'`\\")
"""What Docker Compose, `docker run --env-file` and Astro's tools do not read alike."""


def merge(existing: str, wanted: Mapping[str, str], *, comment: str) -> Merged:
    """Add the variables that the file does not set; those that it sets otherwise are left.

    Values stand bare, as every tool reads them: ValueError for one that would need quotes. What
    the file sets is never shown, for it may be secret; nor is a line that cannot be read.
    """
    for name, value in wanted.items():
        if QUOTED_DIFFERENTLY & set(value) or not value.isprintable() or value != value.strip():
            raise ValueError(f"{name} cannot stand in a .env file")
    bindings = list(parse_stream(StringIO(existing)))
    set_there = {each.key: each.value for each in bindings if each.key is not None}
    unreadable = [_first_line(each) for each in bindings if each.error]
    missing = {name: value for name, value in wanted.items() if name not in set_there}
    different = [name for name in wanted if set_there.get(name, wanted[name]) != wanted[name]]
    text = existing
    if missing:
        lines = [f"# {comment}", *map("=".join, missing.items())]
        gap = "\n" if existing.strip() else ""
        added = gap + "".join(f"{line}\n" for line in lines)
        text = ending_its_last_line(existing) + in_its_newlines(added, existing)
    return Merged(
        text=text,
        left=(
            *(
                f"Line {number} is no setting (NAME=value), and tools of Docker may refuse the "
                "file for it. Correct it."
                for number in unreadable
            ),
            *(
                f"It sets {name} to something else. Put:\n{name}={wanted[name]}"
                for name in different
            ),
        ),
    )


def _first_line(binding: Binding) -> int:
    """The number of the line that a statement begins on, behind the empty lines before it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
