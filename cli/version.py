"""The version of this application, which pyproject.toml has."""

from __future__ import annotations

import tomllib

import typer

import console
from local.layout import ROOT


def version() -> str:
    """Such as 1.2.0: https://semver.org."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def print_version(asked: bool) -> None:
    """The body of the option `--version`."""
    if asked:
        console.text(f"{version()}\n")
        raise typer.Exit
