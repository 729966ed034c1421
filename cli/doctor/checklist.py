"""The list that `doctor` shows."""

from __future__ import annotations

from cli import console
from cli.deployed import Deployed
from cli.doctor.checks import findings
from cli.doctor.findings import Finding


def show_checklist(platform: Deployed, *, as_json: bool) -> bool:
    """Make every check and show what it finds; whether all is well."""
    found: list[Finding] = []
    if not as_json:
        console.out.print(f"{platform.configuration.app_name} {platform.place}", soft_wrap=True)
    for finding in findings(platform):
        found.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        console.data([finding._asdict() for finding in found])
    wrong = sum(1 for finding in found if finding.wrong)
    if not as_json:
        console.out.print(f"{wrong} of {len(found)} need a look." if wrong else "All is well.")
    return not wrong


def _show(finding: Finding) -> None:
    if not finding.wrong:
        console.say(finding.subject, mark="✓", style="bold green")
        return
    console.say(finding.subject, mark="✗", style="bold red")
    console.say(finding.wrong, indent=4)
    if finding.remedy:
        console.say(finding.remedy, mark="do", style="dim", indent=4)
    for command in finding.commands:
        console.command(command, indent=7)
