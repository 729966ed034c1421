"""Merge of variables into a .env file."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO

from dotenv.parser import Binding, parse_stream

from cli.local_airflow.merge_result import MergeResult, with_final_newline, with_newlines_of

PROFILE = "AWS_PROFILE"
BEFORE_PROFILE = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_PROFILE")
QUOTED_DIFFERENTLY = set("$#'`\\")
"""Characters that Docker Compose, `docker run --env-file` and Astro's tools read differently."""


def merge(existing: str, wanted: Mapping[str, str], *, comment: str) -> MergeResult:
    """Adds the variables that the file does not set, and keeps those that it sets differently.

    Values are unquoted, as every tool reads them; raises ValueError for one that needs quotes. What
    the file sets is never shown, for it may be secret; nor is a line that cannot be parsed. What
    comes before a profile that is wanted is named, too.
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
        text = with_final_newline(existing) + with_newlines_of(existing, added)
    return MergeResult(
        text=text,
        manual_steps=(
            *(
                f"Line {number} is no setting (NAME=value), and tools of Docker may refuse the "
                "file for it. Correct it."
                for number in unreadable
            ),
            *(
                f"It sets {name} to something else. Put:\n{name}={wanted[name]}"
                for name in different
            ),
            *(
                f"It sets {name}, which comes before the profile. Take it out."
                for name in before_profile(set_there, wanted)
            ),
        ),
    )


def before_profile(present: Mapping[str, object], wanted: Mapping[str, str]) -> list[str]:
    """The variables by which the AWS SDK would pass over the profile that is wanted.

    https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
    """
    if PROFILE not in wanted:
        return []
    return [
        name
        for name in BEFORE_PROFILE
        if present.get(name) and present[name] != wanted[PROFILE] and name not in wanted
    ]


def _first_line(binding: Binding) -> int:
    """Returns the line number of a statement, without the empty lines before it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
