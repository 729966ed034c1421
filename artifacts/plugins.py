"""plugins.zip: the lineage plugin with its settings, a team's own plugins, and wheels."""

from __future__ import annotations

import json
from pathlib import Path

from artifacts.airflowignore import AIRFLOW_IGNORE, with_team_rules
from artifacts.archive import Member, generated, merged, team_files, write_archive
from artifacts.lineage import ResolvedLineage
from artifacts.openmetadata_constraints import CONSTRAINTS_FILE, relaxed_constraints
from artifacts.wheels import WHEELS

PLUGIN_SOURCE = Path(__file__).resolve().parents[1] / "airflow_files" / "lineage"
PLUGIN = "mwaa_platform_lineage.py"
NOTHING = b"This environment has no plugins.\n"
SETTINGS_FILE = "mwaa_platform_lineage.json"


def plugin_members(
    lineage: ResolvedLineage | None = None,
    *,
    team: Path | None = None,
    wheels: Path | None = None,
) -> list[Member]:
    """The files of plugins.zip: lineage's, those of the team's folder or zip, and wheels.

    Raises ConflictError where the team's cannot be shipped, OSError where they cannot be read.
    """
    files: dict[str, bytes] = {}
    if lineage:
        sources = [PLUGIN_SOURCE / AIRFLOW_IGNORE, *PLUGIN_SOURCE.glob("*.py")]
        files = {source.name: source.read_bytes() for source in sources}
        files[SETTINGS_FILE] = (json.dumps(lineage.settings, indent=2) + "\n").encode()
        if lineage.uses_backend:
            files[CONSTRAINTS_FILE] = relaxed_constraints(lineage.version).encode()
    ours, theirs = with_team_rules(
        generated(files, origin="lineage"), team_files(team) if team else [], plugin=PLUGIN
    )
    members = merged(ours, [*theirs, *(team_files(wheels, below=WHEELS) if wheels else ())])
    # How MWAA treats an empty archive is not known.
    return members or generated({"README.txt": NOTHING}, origin="the platform")


def build_plugins(
    lineage: ResolvedLineage | None = None,
    *,
    team: Path | None = None,
    wheels: Path | None = None,
    directory: Path,
) -> Path:
    """Writes plugins-<hash>.zip, in any case: MWAA keeps a file that was once named, so only
    another one removes lineage. Raises what `plugin_members` raises."""
    members = plugin_members(lineage, team=team, wheels=wheels)
    return write_archive(members, directory, "plugins-{}.zip")
