"""Parts of sentences: lists, minutes, money, links."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from config.update_policy import AS_HOURS, Minutes

MOST_NAMED = 6


def span(minutes: Minutes) -> str:
    """Minutes as people say them, with numbers."""
    least, most = minutes
    if most < AS_HOURS:
        return f"{least} to {most} minutes" if least != most else f"{most} minutes"
    return f"{_clock(least)} to {_clock(most)}"


def and_(words: Sequence[str | None]) -> str:
    """Words as a list in a sentence."""
    *first, last = (str(each) for each in words)
    return f"{', '.join(first)} and {last}" if first else last


def some(words: Sequence[str]) -> str:
    """Words as a list in a sentence, the first of many."""
    if len(words) <= MOST_NAMED:
        return and_(words)
    return f"{', '.join(words[:MOST_NAMED])} and {len(words) - MOST_NAMED} more"


def dollars(amount: Decimal) -> str:
    """How much more or less something costs."""
    if not amount:
        return "nothing more"
    return f"{abs(amount):,.2f} US dollars {'less' if amount < 0 else 'more'}"


def linked(text: str) -> str:
    """Links of docs/changes.md as text that leads there from anywhere."""
    return re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r"\1 (docs/\2)", text)


def _clock(minutes: int) -> str:
    if minutes < AS_HOURS:
        return f"{minutes} minutes"
    hours, rest = divmod(minutes, 60)
    return f"{hours} hours {rest} minutes" if rest else f"{hours} hours"
