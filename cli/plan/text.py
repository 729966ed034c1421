"""A plan for a terminal."""

from __future__ import annotations

from collections.abc import Set

import console
from cli.plan.describe import sections, verdict
from cli.plan.plan import Plan


def show(plan: Plan, allowed: Set[str]) -> None:
    """Shows the whole plan."""
    console.say(f"Compared with {console.printable(plan.before)}.")
    console.say(verdict(plan, allowed), mark="✗" if plan.exit_status(allowed) else "✓")
    for section in sections(plan, allowed):
        console.heading(section.title)
        for line in section.lines:
            console.say(console.printable(line), mark="-", indent=2)
        for item in section.items:
            console.say(console.printable(f"{item.name}  {item.summary}"), indent=2, style="cyan")
            for line in item.lines:
                console.say(console.printable(line), mark="-", indent=4)
