"""The script that each container of an environment sources before Airflow starts."""

from __future__ import annotations

import hashlib
from pathlib import Path

NOTHING = "# Nothing to do before Airflow starts.\n"


def build_startup_script(team: Path | None, *, directory: Path) -> Path:
    """Write startup-<hash>.sh: the team's, or one that does nothing.

    MWAA keeps a script that was once named, so only another one takes it out again. Lines end as
    bash wants them, whatever machine the file was written on. Raises OSError and
    UnicodeDecodeError for a file that cannot be read.
    """
    content = (team.read_text(encoding="utf-8-sig") if team else NOTHING).encode()
    path = directory / f"startup-{hashlib.sha256(content).hexdigest()[:16]}.sh"
    path.write_bytes(content)
    return path
