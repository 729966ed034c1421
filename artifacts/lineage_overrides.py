"""Rejection of a team's files that override the settings of lineage.

Vendors' guides suggest a plugin or a script that sets OpenLineage's variables. Airflow loads
plugins in no order, so either such a file or the platform's plugin would take effect; and such a
file usually holds the token.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from artifacts.archive import Member
from artifacts.conflict import ConflictError

SETTINGS = (
    r"AIRFLOW__OPENLINEAGE__(?:CONFIG_CONN_ID|CONFIG_PATH|DISABLED|NAMESPACE|TRANSPORT)"
    r"|OPENLINEAGE_(?:API_KEY|CONFIG|DISABLED|ENDPOINT|NAMESPACE|URL)"
)
# An assignment: of a key of os.environ, in a dictionary, or by setdefault; not a read.
SET_IN_PYTHON = re.compile(rf"""(?<!get\()["']({SETTINGS})["']\s*\]?\s*(?:=(?!=)|:|,)""".encode())
SET_IN_SHELL = re.compile(rf"^[^#\n]*?\b({SETTINGS})=".encode(), re.MULTILINE)
REMEDY = "Take it out: the entry's Lineage says where events go, and its secret holds the token."


def refuse_overrides_in_plugins(members: Iterable[Member]) -> None:
    """Raises ConflictError for a team's plugin that sets a variable of lineage."""
    for member in members:
        if member.name.endswith(".py") and not member.name.startswith("mwaa_platform_"):
            with member.open() as file:
                _refuse(SET_IN_PYTHON, file.read(), member.origin)


def refuse_overrides_in_script(script: Path) -> None:
    """Raises ConflictError for a startup script that sets a variable of lineage."""
    _refuse(SET_IN_SHELL, script.read_bytes(), script.name)


def _refuse(setting: re.Pattern[bytes], content: bytes, origin: str) -> None:
    if found := setting.search(content):
        line = content.count(b"\n", 0, found.start(1)) + 1
        raise ConflictError(
            f"{origin}, line {line}, sets {found[1].decode()}, which the lineage plugin sets too.",
            remedy=REMEDY,
        )
