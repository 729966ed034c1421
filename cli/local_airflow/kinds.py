"""What an export is for."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """What runs Airflow on the laptop."""

    ASTRO = "astro"
    AWS_MWAA = "aws-mwaa"


class Platform(StrEnum):
    """What Docker runs on there. Linux inside Windows (WSL) counts as Linux."""

    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"
