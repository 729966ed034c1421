"""Options that several commands take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from local.layout import DEFAULT_STATE, ROOT

DEFAULT_CONFIGURATION = ROOT / "cdk.context.json"


def configuration_option(meaning: str) -> Any:
    """The option of the configuration's file; `meaning` is what it is to the command."""
    return typer.Option(
        "--configuration", "-c", help=meaning, show_default=DEFAULT_CONFIGURATION.name
    )


ConfigurationFile = Annotated[Path, configuration_option("The configuration that is deployed.")]
State = Annotated[
    Path,
    typer.Option(
        help="Folder of the local run: certificates, databases, logs, ports.",
        show_default=str(DEFAULT_STATE.relative_to(ROOT)),
    ),
]


@dataclass(frozen=True, kw_only=True)
class PlatformOptions:
    """The deployed platform that a command works on."""

    configuration: ConfigurationFile = DEFAULT_CONFIGURATION
    local: Annotated[
        bool, typer.Option("--local", help="Use the platform that `up` runs here instead of AWS.")
    ] = False
    state: State = DEFAULT_STATE


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """The form of what a command writes."""

    as_json: Annotated[bool, typer.Option("--json", help="Write JSON, for other programs.")] = False


AsMarkdown = Annotated[
    bool, typer.Option("--markdown", help="Write Markdown, for a pull request or an issue.")
]
Wait = Annotated[
    int,
    typer.Option(
        min=0, metavar="MINUTES", help="Wait up to this long for another deployment to end."
    ),
]
BreakLock = Annotated[
    str | None,
    typer.Option(
        metavar="HOLDER", help="Take the lock from this holder, whose deployment was killed."
    ),
]
