"""The DAGs that a deployment brings: a team's, and the preflight."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from artifacts.archive import (
    Member,
    generated,
    merged,
    refuse_stand_ins,
    team_files,
    write_archive,
)
from artifacts.plugins import PLUGIN_SOURCE

LARGEST_BYTES = 100_000_000
"""The function that unpacks them holds them in its memory, and DAGs are code, not data."""

PREFLIGHT_SOURCE = Path(__file__).resolve().parents[1] / "airflow_files" / "preflight"


def dag_members(*, team: Path | None, preflight: bool) -> list[Member]:
    """The files of the DAG folder.

    Raises ConflictError where the team's cannot be shipped, OSError where they cannot be read.
    """
    ours = team_files(PREFLIGHT_SOURCE) if preflight else []
    theirs = team_files(team) if team else []
    # Airflow puts the DAG folder before that of plugins on Python's path, up to 2.9.2.
    modules = {source.name: b"" for source in PLUGIN_SOURCE.glob("*.py")}
    refuse_stand_ins(generated(modules, origin="lineage"), theirs)
    return merged(
        [replace(each, origin=f"{each.name}, which Preflight brings") for each in ours],
        theirs,
        largest=LARGEST_BYTES,
    )


def build_dags(*, team: Path | None, preflight: bool, directory: Path) -> Path | None:
    """Write dags-<hash>.zip; None where no DAGs are brought. Raises what `dag_members` raises."""
    if team is None and not preflight:
        return None
    return write_archive(dag_members(team=team, preflight=preflight), directory, "dags-{}.zip")
