"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from local.layout import DEFAULT_STATE, ROOT

DEFAULT_CONFIGURATION = ROOT / "cdk.context.json"


def configuration_option(meaning: str) -> Any:
    """The option that names the configuration's file, with what it is to the command."""
    return typer.Option(
        "--configuration", "-c", help=meaning, show_default=DEFAULT_CONFIGURATION.name
    )


ConfigurationFile = Annotated[Path, configuration_option("The configuration that is deployed.")]
Local = Annotated[
    bool, typer.Option("--local", help="Use the platform that `up` runs here instead of AWS.")
]
State = Annotated[
    Path,
    typer.Option(
        help="Folder of the local run: certificates, databases, logs, ports.",
        show_default=str(DEFAULT_STATE.relative_to(ROOT)),
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
    "configuration_option",
]
