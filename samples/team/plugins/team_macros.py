"""Macros for the team's templates."""

from __future__ import annotations

from typing import ClassVar

from airflow.plugins_manager import AirflowPlugin


def quarter(month: int) -> str:
    """`Q1` of a month between 1 and 3, and so on."""
    return f"Q{(month + 2) // 3}"


class TeamMacros(AirflowPlugin):
    """In templates: `{{ macros.team_macros.quarter(3) }}`."""

    name = "team_macros"
    macros: ClassVar = [quarter]
