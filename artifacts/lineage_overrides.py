"""Rejection of a team's files that override the settings of lineage.

Vendors' guides suggest a plugin or a script that sets OpenLineage's variables. Airflow loads
plugins in no order, so either such a file or the platform's plugin would take effect; and such a
file usually holds the token.
https://openlineage.io/docs/client/python/configuration
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from artifacts.archive import Member, content_of
from artifacts.conflict import ConflictError
from artifacts.environment_changes import set_by_python, set_by_shell

SETTING = re.compile(
    r"AIRFLOW__OPENLINEAGE__(?:CONFIG_CONN_ID|CONFIG_PATH|DISABLED|NAMESPACE|TRANSPORT)"
    r"|OPENLINEAGE_(?:API_KEY|CONFIG|DISABLED|ENDPOINT|NAMESPACE|URL)"
    r"|OPENLINEAGE__TRANSPORT(?:__\w+)?"
)
REMEDY = "Take it out: the entry's Lineage says where events go, and its secret holds the token."


def refuse_overrides_in_plugins(members: Iterable[Member]) -> None:
    """Raises ConflictError for a team's plugin that sets a variable of lineage."""
    for member in members:
        if member.name.endswith(".py") and not member.name.startswith("mwaa_platform_"):
            source = content_of(member)
            if b"OPENLINEAGE_" in source:
                _refuse(_set_by_plugin(source), member.origin)


def refuse_overrides_in_script(script: Path) -> None:
    """Raises ConflictError for a startup script that sets a variable of lineage."""
    _refuse(set_by_shell(script.read_text("utf-8-sig")), script.name)


def _set_by_plugin(source: bytes) -> Iterable[tuple[str, int]]:
    try:
        return [*set_by_python(source.decode("utf-8-sig"))]
    except (SyntaxError, ValueError, RecursionError):
        # Of another Python than this one, or none at all: Airflow will say.
        return ()


def _refuse(found: Iterable[tuple[str, int]], origin: str) -> None:
    for name, line in found:
        if SETTING.fullmatch(name):
            raise ConflictError(
                f"{origin}, line {line}, sets {name}, which the lineage plugin sets too.",
                remedy=REMEDY,
            )
