"""DAGs of a deployment: a team's, and the preflight."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from artifacts.archive import (
    Member,
    generated_members,
    merge_members,
    refuse_shadowing,
    team_members,
    write_archive,
)
from artifacts.plugins import PLUGIN_SOURCE

LARGEST_BYTES = 100_000_000
"""The function that unpacks them has all in its memory."""

PREFLIGHT_SOURCE = Path(__file__).resolve().parents[1] / "airflow_files" / "preflight"


def dag_members(*, team: Path | None, preflight: bool) -> list[Member]:
    """The files of the DAG folder.

    Raises ConflictError where the team's cannot be shipped, OSError where they cannot be read.
    """
    ours = team_members(PREFLIGHT_SOURCE) if preflight else []
    theirs = team_members(team) if team else []
    # Up to Airflow 2.9.2 the DAG folder precedes the plugins folder on Python's path.
    modules = {source.name: b"" for source in PLUGIN_SOURCE.glob("*.py")}
    refuse_shadowing(generated_members(modules, origin="lineage"), theirs)
    return merge_members(
        [replace(each, origin=f"{each.name}, which Preflight brings") for each in ours],
        theirs,
        largest=LARGEST_BYTES,
    )


def build_dags(*, team: Path | None, preflight: bool, directory: Path) -> Path | None:
    """Writes dags-<hash>.zip, or nothing without DAGs. Raises what `dag_members` raises."""
    if team is None and not preflight:
        return None
    return write_archive(dag_members(team=team, preflight=preflight), directory, "dags-{}.zip")
