"""How `lineage check` shows what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cli import console
from cli.lineage.subject import Subject
from mwaa_platform_preflight.findings import Finding


def show_place(environment: str, place: str) -> None:
    """The first line."""
    console.out.print(f"Lineage of {environment} {place}", soft_wrap=True)


def show_heading(heading: str) -> None:
    """Whose eyes see what follows."""
    console.out.print()
    console.out.print(heading, style="bold")


def show(finding: Finding) -> None:
    """One finding: a line where all is well, and what to do where it is not.

    Those from inside Airflow are texts from elsewhere.
    """
    name = f"{finding.catalogue}: {finding.subject}" if finding.catalogue else finding.subject
    if not finding.wrong:
        note = f"  {finding.note}" if finding.note else ""
        console.say(console.printable(f"{name}{note}"), mark="✓", style="bold green", indent=2)
        return
    console.say(console.printable(name), mark="✗", style="bold red", indent=2)
    console.say(console.printable(finding.wrong), indent=6)
    if finding.remedy:
        console.say(console.printable(finding.remedy), mark="do", style="dim", indent=6)


def conclude(
    found: Mapping[str, Sequence[Finding]], *, without_airflow: bool, about: Subject, as_json: bool
) -> bool:
    """The last line, or all of it as JSON; whether all is well."""
    everything = [finding for findings in found.values() for finding in findings]
    wrong = sum(1 for finding in everything if finding.wrong)
    if as_json:
        console.data(
            [
                {"from": place, **finding._asdict()}
                for place, findings in found.items()
                for finding in findings
            ]
        )
        return not wrong
    console.out.print()
    console.out.print(
        f"{wrong} of {len(everything)} need a look." if wrong else "All is well.", soft_wrap=True
    )
    if without_airflow:
        how = (
            'With "Preflight": true in its Lineage a DAG is shipped that looks from there.'
            if about.is_new
            else "`lineage build` writes a DAG that looks from there."
        )
        console.say(f"What Airflow itself sees was not asked. {how}")
    return not wrong
