"""Spans of time as people type them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cli.spans import parse_span
from errors import InputError


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30m", 30), ("2h", 120), ("45s", 0.75), ("10", 10), ("0", 0), ("7d", 10_080)],
)
def test_a_span(text: str, minutes: float) -> None:
    assert parse_span("--settle", text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "soon", "-5m", "1w", "٣m", "1.5h", "999999h"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--settle"):
        parse_span("--settle", text)
