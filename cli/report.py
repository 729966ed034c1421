"""Report of findings: text for a person, Markdown for an issue, or JSON for a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import console
from cli.markdown import escaped, finding_lines
from errors import Finding, Level

MARKS: Mapping[Level, tuple[str, str]] = {
    Level.OK: ("✓", "bold green"),
    Level.SKIPPED: ("-", "dim"),
    Level.WARNING: ("✗", "bold red"),
    Level.ERROR: ("✗", "bold red"),
}
REMEDY_LABEL = "do"


class Report(Protocol):
    """Report to which findings are added while checks run."""

    def heading(self, text: str) -> None:
        """Begins a section."""

    def add(self, finding: Finding) -> None:
        """Adds a finding to the section."""

    def conclude(self) -> bool:
        """Ends the report; returns whether nothing is wrong."""


def start_report(
    subject: str,
    place: str,
    *,
    as_json: bool,
    as_markdown: bool = False,
    keeps_skipped: bool = False,
) -> Report:
    """Begins a report on a subject that is in that place.

    With `keeps_skipped` no section decides on what an earlier one skipped.
    """
    if as_json:
        return _JsonReport()
    return (
        _MarkdownReport(subject, place)
        if as_markdown
        else _TextReport(subject, place, keeps_skipped)
    )


def failed_checks(wrong: int, tried: int) -> str:
    """The verdict on checks of which some failed."""
    return f"{wrong} of {tried} checks failed."


class _TextReport:
    """Shows each finding at once, with control characters of texts from elsewhere escaped."""

    def __init__(self, subject: str, place: str, keeps_skipped: bool) -> None:
        self._place = place
        self._keeps_skipped = keeps_skipped
        self._indent = 0
        self._tried = self._wrong = 0
        self._skipped: list[str] = []
        console.say(f"{subject} {place}")

    def heading(self, text: str) -> None:
        console.heading(text)
        self._indent = 2
        if not self._keeps_skipped:
            self._skipped = []

    def add(self, finding: Finding) -> None:
        if finding.level is Level.SKIPPED:
            self._skipped.append(finding.name)
        else:
            self._tried += 1
        mark, style = MARKS[finding.level]
        if finding.is_wrong:
            self._wrong += 1
            self._say(console.printable(finding.name), mark=mark, style=style)
            self._show_details(finding)
        else:
            note = f"  {finding.message}" if finding.message else ""
            self._say(console.printable(f"{finding.name}{note}"), mark=mark, style=style)

    def conclude(self) -> bool:
        if self._indent:
            console.gap()
        if self._wrong:
            console.say(failed_checks(self._wrong, self._tried))
        elif not self._skipped:
            console.say("All is well.")
        elif self._tried:
            console.say("Nothing that was checked is wrong.")
        if self._skipped:
            console.say(
                f"Not tried: {', '.join(map(console.printable, dict.fromkeys(self._skipped)))}."
            )
        return not self._wrong

    def _show_details(self, finding: Finding) -> None:
        self._say(console.printable(finding.message), indent=4)
        # The first line of the report has named the place already.
        beyond = (finding.detail or "").removeprefix(self._place).removeprefix(": ")
        above = {"where": beyond, REMEDY_LABEL: finding.remedy}
        below = {"see": finding.entry}
        width = max((len(label) for label, text in (above | below).items() if text), default=0)

        def show(details: Mapping[str, str | None]) -> None:
            for label, text in details.items():
                if text:
                    # The end of a program's output has many lines.
                    shown = text if label == REMEDY_LABEL else console.printable(text)
                    self._say(shown, mark=f"{label:<{width}}", style="dim", indent=4)

        show(above)
        for command in finding.commands:
            console.line(command, indent=self._indent + 4 + len(f"{REMEDY_LABEL} "))
        show(below)

    def _say(self, text: str, *, mark: str = "", style: str = "", indent: int = 0) -> None:
        indent += self._indent
        console.say(text, mark=mark, style=style, indent=indent)


class _JsonReport:
    """Writes all findings at the end, each with the heading of its section."""

    def __init__(self) -> None:
        self._heading: Mapping[str, str] = {}
        self._findings: list[Mapping[str, Any]] = []

    def heading(self, text: str) -> None:
        self._heading = {"from": text}

    def add(self, finding: Finding) -> None:
        self._findings.append({**self._heading, **finding.as_json()})

    def conclude(self) -> bool:
        console.data(self._findings)
        return not any(each["wrong"] for each in self._findings)


class _MarkdownReport:
    """Writes what is wrong at the end, under the heading of each section."""

    def __init__(self, subject: str, place: str) -> None:
        self._title = f"### {escaped(subject)} {escaped(place)}"
        self._sections: dict[str, list[Finding]] = {}
        self._heading = ""

    def heading(self, text: str) -> None:
        self._heading = text

    def add(self, finding: Finding) -> None:
        self._sections.setdefault(self._heading, []).append(finding)

    def conclude(self) -> bool:
        console.text("\n".join(self._lines()) + "\n")
        return not self._wrong_of(self._all)

    @property
    def _all(self) -> list[Finding]:
        return [each for findings in self._sections.values() for each in findings]

    def _lines(self) -> Iterator[str]:
        skipped = [each for each in self._all if each.level is Level.SKIPPED]
        wrong, tried = len(self._wrong_of(self._all)), len(self._all) - len(skipped)
        fine = "Nothing that was checked is wrong." if skipped else "All is well."
        verdict = failed_checks(wrong, tried) if wrong else fine
        yield from (self._title, "", f"**{verdict}**")
        for heading, findings in self._sections.items():
            if found := self._wrong_of(findings):
                yield from ("", f"**{escaped(heading)}**", "")
                for each in found:
                    yield from finding_lines(each)
        if skipped:
            names = ", ".join(dict.fromkeys(each.name for each in skipped))
            yield from ("", f"Not tried: {escaped(names)}.")

    @staticmethod
    def _wrong_of(findings: Sequence[Finding]) -> list[Finding]:
        return [each for each in findings if each.is_wrong]
