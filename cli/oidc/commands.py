"""Commands of `oidc`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.lazy import LazyTyper
from cli.options import DEFAULT_CONFIGURATION, configuration_option

app = LazyTyper(no_args_is_help=True, help="Settings of the identity provider.")


@app.lazy_command("discover", "cli.oidc.discover:discover")
@dataclass(frozen=True, kw_only=True)
class Discover:
    """Write a provider's endpoints into cdk.context.json, from its discovery document.

    RequireVerifiedEmail too, unless the file has it.

    Everything else in the file stays as it is, to the letter.
    """

    issuer: Annotated[
        str, typer.Argument(help="The provider's issuer, such as https://login.example.com.")
    ]
    configuration: Annotated[Path, configuration_option("The file to write into.")] = (
        DEFAULT_CONFIGURATION
    )
    ca: Annotated[
        Path | None,
        typer.Option(help="Trust the authorities in this file (PEM) instead of the public ones."),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, change nothing.")
    ] = False
