"""Errors and findings: what is wrong, where it is, and what to do about it.

Every folder but mwaa/, lambda/ and airflow_files/ may import this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

READABLE_LINES = 20
FULL_DISK = re.compile(r"No space left on device|os error 28\b|ENOSPC|Disk quota exceeded")
FINDINGS = "docs/doctor.md"
"""The document with an entry for each kind of finding that has a code."""

Place = tuple[str | int, ...]
"""Steps into a file: keys of objects and positions in lists."""


class Position(NamedTuple):
    """Line and column in a file, both counted from 1."""

    line: int
    column: int


class Level(StrEnum):
    """Severity of a finding."""

    OK = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    ERROR = "error"


class PlatformError(Exception):
    """Base of all errors that a person can act on.

    `message` says what is wrong, `place` names the file, port, stack or command, `remedy` what to
    do. `exit_status` is that of a command that ends with the error.
    """

    exit_status = 1

    def __init__(self, message: str, *, remedy: str, place: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.remedy = remedy


AnyError = TypeVar("AnyError", bound=PlatformError)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Result of one check: its level, what it is about, and the remedy where something is wrong.

    A finding about a file has a `place` in it and, where known, its `position`. `subject` is the
    name that people use for the thing that was checked, `catalogue` the id of the data catalogue
    that it belongs to, `detail` a more exact place or the reason that another system gave.
    `commands` can be pasted into a shell, in their order. `code` is the heading of what
    docs/doctor.md says of findings of this kind, where it has them.
    """

    level: Level = Level.ERROR
    message: str = ""
    place: Place = ()
    position: Position | None = None
    subject: str = ""
    catalogue: str | None = None
    detail: str | None = None
    remedy: str | None = None
    commands: tuple[str, ...] = ()
    code: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether a person should act."""
        return self.level in {Level.WARNING, Level.ERROR}

    @property
    def entry(self) -> str | None:
        """Where the documents speak of findings of this kind, in the project's folder."""
        return f"{FINDINGS}#{self.code}" if self.code and self.is_wrong else None

    @property
    def path(self) -> str:
        """The place as text."""
        return path_text(self.place)

    @property
    def name(self) -> str:
        """Name of what was checked, behind that of its catalogue."""
        subject = self.subject or self.path
        return f"{self.catalogue}: {subject}" if self.catalogue else subject

    def __str__(self) -> str:
        parts = (f"{self.name}: {self.message}", self.remedy)
        return " ".join(part for part in parts if part)

    @classmethod
    def from_error(
        cls,
        subject: str,
        error: PlatformError,
        *,
        catalogue: str | None = None,
        code: str = "",
    ) -> Self:
        """The finding of a check that ended in an error."""
        return cls(
            subject=subject,
            catalogue=catalogue,
            message=error.message,
            detail=error.place,
            remedy=error.remedy,
            code=code,
        )

    def as_json(self) -> Mapping[str, Any]:
        """The finding for other programs: what `--json` of every command writes."""
        return {
            "level": self.level.value,
            "subject": self.subject or self.path,
            "wrong": self.message if self.is_wrong else None,
            "where": self.detail,
            "remedy": self.remedy,
            "note": None if self.is_wrong else self.message or None,
            "catalogue": self.catalogue,
            "commands": list(self.commands),
            "not_tried": self.level is Level.SKIPPED,
            "code": (self.code or None) if self.is_wrong else None,
            **(self.position._asdict() if self.position else {}),
        }


class InputError(PlatformError):
    """A file or a command line that cannot be used; `findings` has every mistake, in its order."""

    exit_status = 2

    def __init__(self, source: str | Path, findings: Sequence[Finding]) -> None:
        count = "1 mistake" if len(findings) == 1 else f"{len(findings)} mistakes"
        super().__init__(f"{count} in {source}", remedy="Correct them.", place=str(source))
        self.source = str(source)
        self.findings = tuple(findings)

    def __str__(self) -> str:
        return "\n".join([f"Mistakes in {self.source}:", *(f"  {each}" for each in self.findings)])


def path_text(place: Sequence[str | int]) -> str:
    """A place as people write it: `MwaaEnvironments[1].ConfigurationOptions["core.x"]`."""
    path = ""
    for step in place:
        if isinstance(step, str) and re.fullmatch(r"\w+", step):
            path += f".{step}" if path else step
        else:
            path += f"[{json.dumps(step)}]"
    return path


def failed_program(failure: AnyError, output: str) -> AnyError:
    """The failure of a program with the end of its output; a full disk is told as such."""
    is_full = FULL_DISK.search(output)
    remedy = "The disk is full. Free some space, and run this again." if is_full else failure.remedy
    return type(failure)(
        failure.message,
        place=failure.place,
        remedy=f"{remedy} The end of its output:\n{last_lines(output)}",
    )


def last_lines(text: str) -> str:
    """The end of a program's output, as far as a person at a terminal reads it."""
    return "\n".join(text.splitlines()[-READABLE_LINES:])
