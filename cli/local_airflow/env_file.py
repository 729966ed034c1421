"""Adds variables to a .env file, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO

from dotenv import dotenv_values

from cli.local_airflow.merging import Merged, ending_its_last_line, in_its_newlines

QUOTED_DIFFERENTLY = set("$#'`\\")
"""What Docker Compose, `docker run --env-file` and Astro's tools do not read alike."""


def merge(existing: str, wanted: Mapping[str, str], *, comment: str) -> Merged:
    """Add the variables that the file does not set; those that it sets otherwise are left.

    Values stand bare, as every tool reads them: ValueError for one that would need quotes. What
    the file sets is never shown, for it may be secret.
    """
    for name, value in wanted.items():
        if QUOTED_DIFFERENTLY & set(value) or not value.isprintable() or value != value.strip():
            raise ValueError(f"{name} cannot stand in a .env file")
    set_there = dotenv_values(stream=StringIO(existing), interpolate=False)
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
        left=tuple(
            f"It sets {name} to something else. Put:\n{name}={wanted[name]}" for name in different
        ),
    )
