"""Reading of a requirements file as pip reads it.

https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import optparse
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from artifacts.conflict import ConflictError

COMMENT = re.compile(r"(^|\s+)#.*$")
CREDENTIALS = re.compile(r"//[^/\s]*@")
LONGEST = 200
"""Characters of a line that a message shows."""


@dataclass(frozen=True)
class Line:
    """A logical line of a requirements file: what pip joins to one, and the text as it stands."""

    file: str
    number: int
    text: str
    statement: str

    def __str__(self) -> str:
        """File, line number and text, without credentials in a URL."""
        shown = CREDENTIALS.sub("//…@", self.statement)
        shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
        return f"{self.file}, line {self.number} ({shown})"

    def refused(self, why: str, remedy: str) -> ConflictError:
        """The error of a line that cannot be shipped."""
        return ConflictError(f"{self} {why}", remedy=remedy)


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options on a line, those that a requirements file may have."""

    constraints: Sequence[str] = ()
    requirements: Sequence[str] = ()
    editables: Sequence[str] = ()
    find_links: Sequence[str] = ()
    indexes: Sequence[str] = ()
    hashes: Sequence[str] = ()
    no_index: bool = False
    require_hashes: bool = False
    given: bool = field(default=False)


def read_lines(text: str, file: str) -> Iterator[Line]:
    """The logical lines of a file's text, empty lines and comments among them."""
    number, physical, joined = 1, list[str](), ""
    for line in text.splitlines():
        physical.append(line.rstrip())
        is_comment = COMMENT.match(line) is not None
        if line.endswith("\\") and not is_comment:
            joined += line.strip("\\")
            continue
        # A comment in the midst of a continued line ends it.
        joined += f" {line}" if is_comment else line
        yield _line(file, number, physical, joined)
        number, physical, joined = number + len(physical), [], ""
    if physical:
        yield _line(file, number, physical, joined)


def read_file(path: Path) -> list[Line]:
    """The logical lines of a file in UTF-8; raises OSError and UnicodeDecodeError."""
    return [*read_lines(path.read_text(encoding="utf-8-sig"), path.name)]


def split_options(line: Line) -> tuple[str, Options]:
    """What a line requires, which may be nothing, and its options.

    Raises ConflictError for an option that pip does not take in a file; for one such line it
    installs nothing of the whole file.
    """
    words = line.statement.split(" ")
    first = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    wanted, rest = " ".join(words[:first]).strip(), " ".join(words[first:])
    if not rest:
        return wanted, Options()
    try:
        values, _ = _parser().parse_args(shlex.split(rest))
    except (ValueError, _OptionError) as error:
        raise line.refused(
            f"is an option that pip does not take in a file ({error}): it would install nothing.",
            "Take it out.",
        ) from None
    return wanted, Options(
        constraints=values.constraints,
        requirements=values.requirements,
        editables=values.editables,
        find_links=values.find_links,
        indexes=values.indexes,
        hashes=values.hashes,
        no_index=bool(values.no_index),
        require_hashes=bool(values.require_hashes),
        given=True,
    )


def _line(file: str, number: int, physical: Sequence[str], joined: str) -> Line:
    return Line(file, number, "\n".join(physical), COMMENT.sub("", joined).strip())


class _OptionError(Exception):
    """An option that pip does not take, in optparse's words."""


class _Parser(optparse.OptionParser):
    """Raises an error where optparse would end the program."""

    def error(self, msg: str) -> NoReturn:
        raise _OptionError(msg)


# What pip takes in a file (supported options of its documentation), each with its destination.
FLAGS = ("--no-index", "--prefer-binary", "--require-hashes", "--pre")
LISTS: dict[str, tuple[str, ...]] = {
    "constraints": ("-c", "--constraint"),
    "requirements": ("-r", "--requirement"),
    "editables": ("-e", "--editable"),
    "find_links": ("-f", "--find-links"),
    "indexes": ("-i", "--index-url", "--pypi-url", "--extra-index-url"),
    "hashes": ("--hash",),
    "others": (
        "--no-binary",
        "--only-binary",
        "--trusted-host",
        "--use-feature",
        "--global-option",
        "-C",
        "--config-settings",
        "--config-setting",
    ),
}


def _parser() -> optparse.OptionParser:
    parser = _Parser(add_help_option=False, usage="")
    for flag in FLAGS:
        parser.add_option(flag, action="store_true", default=False)
    for destination, names in LISTS.items():
        shared: dict[str, Any] = {"dest": destination, "action": "append", "default": []}
        parser.add_option(*names, **shared)
    return parser
