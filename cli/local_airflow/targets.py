"""Choices of what an export is for."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """What runs Airflow on the laptop."""

    ASTRO = "astro"
    AWS_MWAA = "aws-mwaa"


class HostSystem(StrEnum):
    """Operating system that Docker runs on. Linux inside Windows (WSL) counts as Linux."""

    LINUX = "linux"
    MACOS = "macos"
    WINDOWS = "windows"
