"""Heading of a table of measurements."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime

import psutil


def describe_machine() -> str:
    """The date, and the properties of this machine that affect durations."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()}, {platform.machine()}"
    )
