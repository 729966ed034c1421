"""What checks find, shown to a person or handed to a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import console
from errors import Finding, Level

REMEDY_LABEL = "do"


class Report(Protocol):
    """A report while its checks are made."""

    def heading(self, text: str) -> None:
        """Say what the findings that follow have in common."""

    def add(self, finding: Finding) -> None:
        """Take up a finding."""

    def conclude(self, *, not_tried: Sequence[str] = (), remark: str | None = None) -> bool:
        """End the report; whether nothing is wrong.

        For people it names what was `not_tried` and has not been decided by anything else either.
        """


def report(subject: str, place: str, *, as_json: bool) -> Report:
    """Begin a report on something that is in that place."""
    return _Json() if as_json else _Text(subject, place)


class _Text:
    """Each finding is shown at once, as text that may come from elsewhere."""

    def __init__(self, subject: str, place: str) -> None:
        self._place = place
        self._indent = 0
        self._looked_at = self._wrong = 0
        console.say(f"{subject} {place}")

    def heading(self, text: str) -> None:
        console.heading(text)
        self._indent = 2

    def add(self, finding: Finding) -> None:
        note = f"  {finding.message}" if finding.message else ""
        if finding.level is Level.SKIPPED:
            self._say(f"{finding.name}{note}", mark="-", style="dim")
            return
        self._looked_at += 1
        if not finding.is_wrong:
            self._say(f"{finding.name}{note}", mark="✓", style="bold green")
            return
        self._wrong += 1
        self._say(finding.name, mark="✗", style="bold red")
        self._say(finding.message, indent=4)
        labelled = {"where": self._beyond_the_place(finding.detail), REMEDY_LABEL: finding.remedy}
        given = {label: text for label, text in labelled.items() if text}
        width = max(map(len, given), default=0)
        for label, text in given.items():
            self._say(text, mark=f"{label:<{width}}", style="dim", indent=4)
        for command in finding.commands:
            console.line(command, indent=self._indent + 4 + len(f"{REMEDY_LABEL} "))

    def conclude(self, *, not_tried: Sequence[str] = (), remark: str | None = None) -> bool:
        if self._indent:
            console.gap()
        if self._wrong:
            console.say(f"{self._wrong} of {self._looked_at} need a look.")
        elif not not_tried:
            console.say("All is well.")
        elif self._looked_at:
            console.say("Nothing that was looked at is wrong.")
        if not_tried:
            console.say(f"Not tried: {', '.join(map(console.printable, not_tried))}.")
        if remark:
            console.say(remark)
        return not self._wrong

    def _say(self, text: str, *, mark: str = "", style: str = "", indent: int = 0) -> None:
        indent += self._indent
        console.say(console.printable(text), mark=mark, style=style, indent=indent)

    def _beyond_the_place(self, where: str | None) -> str | None:
        """The first line of the report has named the place already."""
        return (where or "").removeprefix(self._place).removeprefix(": ")


class _Json:
    """All findings are written at the end, each with the heading that it stands below."""

    def __init__(self) -> None:
        self._heading: Mapping[str, str] = {}
        self._found: list[Mapping[str, Any]] = []

    def heading(self, text: str) -> None:
        self._heading = {"from": text}

    def add(self, finding: Finding) -> None:
        self._found.append({**self._heading, **finding.as_json()})

    def conclude(
        self,
        *,
        not_tried: Sequence[str] = (),  # noqa: ARG002 - the findings say it
        remark: str | None = None,  # noqa: ARG002 - for people
    ) -> bool:
        console.data(self._found)
        return not any(each["wrong"] for each in self._found)
