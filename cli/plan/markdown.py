"""A plan for a pull request."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Set

from cli.plan.describe import sections, verdict
from cli.plan.plan import Plan
from errors import InputError, PlatformError

TITLE = "### What deploying this does"


def markdown(plan: Plan, allowed: Set[str]) -> str:
    """The plan as Markdown: a sentence, then a list for each section."""
    return "\n".join(_lines(plan, allowed)) + "\n"


def error_as_markdown(error: PlatformError) -> str:
    """What is written in the place of a plan that could not be made."""
    findings = error.findings if isinstance(error, InputError) else ()
    told = f"**What it does could not be told: {_escaped(error.message.rstrip('.'))}.**"
    listed = [f"- {_escaped(str(each))}" for each in findings] or [f"- {_escaped(error.remedy)}"]
    return "\n".join([TITLE, "", told, "", *listed]) + "\n"


def _lines(plan: Plan, allowed: Set[str]) -> Iterator[str]:
    yield from (TITLE, "", f"**{_escaped(verdict(plan, allowed))}** ")
    yield f"Compared with {_escaped(plan.before)}."
    for section in sections(plan, allowed):
        yield from ("", f"**{section.title}**", "")
        yield from (f"- {_escaped(line)}" for line in section.lines)
        for item in section.items:
            yield f"- **{_escaped(item.name)}** {_escaped(item.summary)}"
            yield from (f"  - {_escaped(line)}" for line in item.lines)


def _escaped(text: str) -> str:
    """A text whose signs mean nothing to Markdown, but backquotes around code.

    Names come from the file, and a mention or a picture must not come from there.
    """
    plain = "".join(each if each.isprintable() else " " for each in text)
    escaped = re.sub(r"([\\*_\[\]#|~!])", r"\\\1", html.escape(plain, quote=False))
    return escaped.replace("@", "@\N{ZERO WIDTH NON-JOINER}")
