"""Options that several commands take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from local.layout import DEFAULT_STATE, ROOT

DEFAULT_CONFIGURATION = ROOT / "cdk.context.json"
SPANS = "45s, 30m, 2h or 7d; a number alone means minutes"
"""How spans of time are written, which `parse_span` reads."""


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
    str,
    typer.Option(
        metavar="SPAN", help=f"Wait up to this long for another deployment to end ({SPANS})."
    ),
]
BreakLock = Annotated[
    str | None,
    typer.Option(
        metavar="HOLDER", help="Take the lock from this holder, whose deployment was killed."
    ),
]
