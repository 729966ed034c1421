"""Under what a table of measurements stands."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime

import psutil


def describe_machine() -> str:
    """The date, and the machine as far as it matters to a duration."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()}, {platform.machine()}"
    )
