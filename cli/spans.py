"""Spans of time as people type them."""

from __future__ import annotations

import re
from datetime import timedelta

from cli.lookup import option_error

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "": "minutes"}


def parse_span(option: str, text: str) -> timedelta:
    """The span that an option gives: 30m, 2h, 45s; a bare number means minutes.

    Raises InputError for anything else.
    """
    found = re.fullmatch(r"(\d{1,5})([smh]?)", text.strip())
    if not found:
        raise option_error(option, f"{text} is no span of time.", "Write it as 30m, 2h or 45s.")
    return timedelta(**{UNITS[found[2]]: int(found[1])})
