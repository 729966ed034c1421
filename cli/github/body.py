"""Bodies of comments and issues, and the marks by which they are found again."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from cli.lookup import option_error
from cli.markdown import block
from errors import PlatformError

LONGEST = 65_536
"""Characters of a body that GitHub takes, which its documentation does not say and its API does.

https://github.com/orgs/community/discussions/27190
"""
LONGEST_TEXT = LONGEST // 4
"""Characters of a program's output, whose end is what counts."""
NOTHING = "The command before this wrote nothing; the job's log says why."
BETWEEN = "\n\n"
CUT = "\n\nThe rest is left out here, for GitHub takes no longer text: see the job's summary."


def mark(name: str) -> str:
    """What a body of this name begins with, which GitHub does not show."""
    if not re.fullmatch(r"[\w-]+", name):
        raise option_error("--name", "It has other signs than letters, digits, - and _.", None)
    return f"<!-- mwaa-platform: {name} -->"


def marked(name: str, *contents: str) -> str:
    """The contents behind their mark, with the address of the run below, cut where needed."""
    head, tail = f"{mark(name)}\n", _origin()
    room = LONGEST - len(head) - len(tail) - len(BETWEEN) * (len(contents) - 1)
    return head + BETWEEN.join(_cut_together(contents, room)) + tail


def content_of(file: Path, *, as_text: bool) -> str:
    """What a file says, as Markdown; raises PlatformError where it cannot be read.

    One that is not there is as an empty one: the command before was not even begun.
    """
    try:
        text = file.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise PlatformError(
            f"The file cannot be read: {error.strerror}.",
            place=str(file),
            remedy="Name the file that another command has written.",
        ) from None
    if not text:
        return NOTHING
    return block(text, longest=LONGEST_TEXT) if as_text else text


def _cut_together(contents: Sequence[str], room: int) -> Sequence[str]:
    """The contents, each of which gets an equal part of the room and what shorter ones leave."""
    cut = [*contents]
    for left, position in zip(
        range(len(cut), 0, -1),
        sorted(range(len(cut)), key=lambda each: len(cut[each])),
        strict=True,
    ):
        cut[position] = _cut(cut[position], room // left)
        room -= len(cut[position])
    return cut


def _cut(content: str, room: int) -> str:
    if len(content) <= room:
        return content
    kept = content[: room - len(CUT)]
    return kept[: kept.rfind("\n")] + CUT


def _origin() -> str:
    """The address of the workflow's run; empty elsewhere."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = (os.environ.get(name, "") for name in names)
    if not (server and repository and run):
        return "\n"
    return f"\n\n[The run that wrote this]({server}/{repository}/actions/runs/{run})\n"
