"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from local.layout import DEFAULT_STATE, ROOT

DEFAULT_CONFIGURATION = ROOT / "cdk.context.json"

ConfigurationFile = Annotated[
    Path,
    typer.Option(
        "--configuration",
        "-c",
        help="The configuration that is deployed.",
        show_default=DEFAULT_CONFIGURATION.name,
    ),
]
Local = Annotated[
    bool, typer.Option("--local", help="Use the platform that `up` runs here instead of AWS.")
]
State = Annotated[
    Path,
    typer.Option(
        help="Folder of the local run.", show_default=str(DEFAULT_STATE.relative_to(ROOT))
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, for other programs.")]

__all__ = [
    "DEFAULT_CONFIGURATION",
    "DEFAULT_STATE",
    "AsJson",
    "ConfigurationFile",
    "Local",
    "State",
]
