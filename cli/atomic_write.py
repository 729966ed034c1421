"""Writes a file as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

NEW_FILE = 0o644


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place of another, with its permissions, or where there is none.

    Raises OSError; then all is as it was.
    """
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = target.stat().st_mode if target.exists() else NEW_FILE
    # What the old file kept from others may be in the new one: 0600 until it is in place.
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
