"""Secrets of one machine, each in a file that only its owner can read."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from pathlib import Path

from local.atomic_write import write_atomically


def secret_file(path: Path) -> Path:
    """Returns the file; at its first use creates it with a random value, a valid Fernet key."""
    if not path.exists():
        write_atomically(path, urlsafe_b64encode(secrets.token_bytes(32)), mode_of_new=0o600)
    return path
