"""Spans of time as people type them, in every option alike."""

from __future__ import annotations

import re
from datetime import timedelta

import console
from cli.lookup import option_error
from cli.options import SPANS

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "": "minutes"}


def parse_span(option: str, text: str) -> timedelta:
    """The span that an option gives; see SPANS.

    Raises InputError for anything else.
    """
    found = re.fullmatch(r"([0-9]{1,5})([smhd]?)", text.strip())
    if not found:
        said = f"{console.printable(text)} is no span of time."
        raise option_error(option, said, f"Write {SPANS}.")
    return timedelta(**{UNITS[found[2]]: int(found[1])})
