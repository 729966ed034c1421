"""A plan for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Set

from cli.markdown import escaped
from cli.plan.describe import sections, verdict
from cli.plan.plan import Plan

TITLE = "What deploying this does"
NOT_TOLD = "What it does could not be told"


def markdown(plan: Plan, allowed: Set[str]) -> str:
    """The plan as Markdown: a sentence, then a list for each section."""
    return "\n".join(_lines(plan, allowed)) + "\n"


def _lines(plan: Plan, allowed: Set[str]) -> Iterator[str]:
    yield from (f"### {TITLE}", "", f"**{escaped(verdict(plan, allowed))}** ")
    yield f"Compared with {escaped(plan.before)}."
    for section in sections(plan, allowed):
        yield from ("", f"**{section.title}**", "")
        yield from (f"- {escaped(line)}" for line in section.lines)
        for item in section.items:
            yield f"- **{escaped(item.name)}** {escaped(item.summary)}"
            yield from (f"  - {escaped(line)}" for line in item.lines)
