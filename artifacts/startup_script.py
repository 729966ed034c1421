"""Startup script, which each container of an environment sources before Airflow starts."""

from __future__ import annotations

import hashlib
from pathlib import Path

NOTHING = "# Nothing to do before Airflow starts.\n"


def build_startup_script(team: Path | None, *, directory: Path) -> Path:
    """Writes startup-<hash>.sh: the team's, or one that does nothing.

    Line ends become those of Unix. Raises OSError and UnicodeDecodeError for a file that cannot be
    read.
    """
    content = (team.read_text(encoding="utf-8-sig") if team else NOTHING).encode()
    path = directory / f"startup-{hashlib.sha256(content).hexdigest()[:16]}.sh"
    path.write_bytes(content)
    return path
