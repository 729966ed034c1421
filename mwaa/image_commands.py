"""Commands that MWAA's image has for a startup script."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from mwaa.constraints import installed_file

FILE = Path(__file__).with_suffix(".toml")


@cache
def image_commands(version: str) -> frozenset[str]:
    """The names that a script may call; empty where the image of that version is not known.

    Console scripts of the image's Python packages, such as `airflow`, are not among them.
    """
    if not installed_file(version).exists():
        return frozenset()
    packages = tomllib.loads(FILE.read_text("utf-8"))
    return frozenset(name for names in packages.values() for name in names)
