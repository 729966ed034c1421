"""Secrets of one machine, each in a file that only its owner can read."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from pathlib import Path


def secret_file(path: Path) -> Path:
    """The file, made at its first use with a random value, which is good as a Fernet key too."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(urlsafe_b64encode(secrets.token_bytes(32)).decode())
    return path
