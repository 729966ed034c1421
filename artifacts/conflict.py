"""What is wrong with a team's own file, as a person is told it."""

from __future__ import annotations


class ArtefactClash(ValueError):  # noqa: N818 - says what it is
    """A team's file cannot be shipped as it is.

    The text names the file and what it contradicts; `remedy` what to do.
    """

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy
