"""Bundles of functions: the deployed one with other files in it, and one of a single file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any


def with_environments(
    code: bytes, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> bytes:
    """The bundle with another list of environments."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(code)) as old, zipfile.ZipFile(changed, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "authenticator/environments.json":
                content = json.dumps(change(json.loads(content))).encode()
            new.writestr(entry, content)
    return changed.getvalue()


def with_decision(code: bytes, decision: bytes) -> bytes:
    """The bundle with a team's own decision."""
    changed = io.BytesIO(code)
    with zipfile.ZipFile(changed, "a") as bundle:
        bundle.writestr("authenticator/team_decision.py", decision)
    return changed.getvalue()


def zipped(name: str, text: str) -> bytes:
    """A bundle of one file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as bundle:
        bundle.writestr(name, text)
    return content.getvalue()
