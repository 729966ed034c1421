"""Times and durations as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MINUTE, HOUR = 60, 3600


def duration(length: timedelta) -> str:
    """A duration to its second largest unit: `0.4 s`, `1 min 5 s`, `2 h 3 min`."""
    seconds = length.total_seconds()
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def in_utc(time: datetime) -> str:
    """A time in UTC, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
