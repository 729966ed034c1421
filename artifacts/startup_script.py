"""Startup script, which each container of an environment sources before Airflow starts."""

from __future__ import annotations

import hashlib
from pathlib import Path

NOTHING = "# Nothing to do before Airflow starts.\n"


def script_content(team: Path | None) -> bytes:
    """The team's script, with line ends of Unix; one that does nothing where that is empty.

    Raises OSError and UnicodeDecodeError for a file that cannot be read.
    """
    return ((team.read_text(encoding="utf-8-sig") if team else "") or NOTHING).encode()


def build_startup_script(team: Path | None, *, directory: Path) -> Path:
    """Writes startup-<hash>.sh: `script_content`, whose errors it raises."""
    content = script_content(team)
    path = directory / f"startup-{hashlib.sha256(content).hexdigest()[:16]}.sh"
    path.write_bytes(content)
    return path
