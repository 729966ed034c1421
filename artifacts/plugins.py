"""plugins.zip: the lineage plugin with its settings, a team's own plugins, and wheels."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from artifacts.airflowignore import AIRFLOW_IGNORE, merge_rules
from artifacts.archive import Member, generated_members, merge_members, team_members, write_archive
from artifacts.lineage import ResolvedLineage
from artifacts.openmetadata_constraints import CONSTRAINTS_FILE, relaxed_constraints
from artifacts.wheels import WHEELS

PLUGIN_SOURCE = Path(__file__).resolve().parents[1] / "airflow_files" / "lineage"
PLUGIN = "mwaa_platform_lineage.py"
NOTHING = b"This environment has no plugins.\n"
SETTINGS_FILE = "mwaa_platform_lineage.json"
NO_FILES: Mapping[str, bytes] = MappingProxyType({})


def plugin_members(
    lineage: ResolvedLineage | None = None,
    *,
    team: Path | None = None,
    wheels: Path | None = None,
    constraints: Mapping[str, bytes] = NO_FILES,
) -> list[Member]:
    """The files of plugins.zip: the lineage plugin's, a team's from a folder or zip, and wheels.

    `constraints` are files of the image's constraints that the requirements.txt names.
    Raises ConflictError where the team's cannot be shipped, OSError where they cannot be read.
    """
    files: dict[str, bytes] = {}
    if lineage:
        sources = [PLUGIN_SOURCE / AIRFLOW_IGNORE, *PLUGIN_SOURCE.glob("*.py")]
        files = {source.name: source.read_bytes() for source in sources}
        files[SETTINGS_FILE] = (json.dumps(lineage.settings, indent=2) + "\n").encode()
        if lineage.uses_backend:
            files[CONSTRAINTS_FILE] = relaxed_constraints(lineage.version).encode()
    ours, theirs = merge_rules(
        [
            *generated_members(files, origin="lineage"),
            *generated_members(constraints, origin="the platform"),
        ],
        team_members(team) if team else [],
        plugin=PLUGIN,
    )
    members = merge_members(
        ours, [*theirs, *(team_members(wheels, below=WHEELS) if wheels else ())]
    )
    # How MWAA treats an empty archive is not known.
    return members or generated_members({"README.txt": NOTHING}, origin="the platform")


def build_plugins(
    lineage: ResolvedLineage | None = None,
    *,
    team: Path | None = None,
    wheels: Path | None = None,
    constraints: Mapping[str, bytes] = NO_FILES,
    directory: Path,
) -> Path:
    """Writes plugins-<hash>.zip, which is never empty. Raises what `plugin_members` raises."""
    members = plugin_members(lineage, team=team, wheels=wheels, constraints=constraints)
    return write_archive(members, directory, "plugins-{}.zip")
