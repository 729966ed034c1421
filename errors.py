"""The one kind of error that the commands and the local platform raise for a person to read."""

from __future__ import annotations

READABLE_LINES = 20


class PlatformError(Exception):
    """Something went wrong that the person at the keyboard can act on.

    `what` says what is wrong, `where` names the file, port, stack or command, `remedy` what to do.
    """

    def __init__(self, what: str, *, remedy: str, where: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy


def last_lines(text: str) -> str:
    """The end of a program's output, as far as a person at a terminal reads it."""
    return "\n".join(text.splitlines()[-READABLE_LINES:])
