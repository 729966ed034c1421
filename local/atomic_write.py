"""Atomic write of a file."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

NEW_FILE = 0o644


def write_atomically(path: Path, content: bytes, *, mode_of_new: int = NEW_FILE) -> None:
    """Creates a file, or replaces its content and keeps its permissions.

    Raises OSError; then the file is unchanged.
    """
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = target.stat().st_mode if target.exists() else mode_of_new
    # The content may be private: the temporary file is 0600 until it has the old permissions.
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        new = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            new.chmod(mode)
            new.replace(target)
        finally:
            new.unlink(missing_ok=True)
