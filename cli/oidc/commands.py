"""`oidc`: settings of the identity provider."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import DEFAULT_CONFIGURATION, configuration_option

app = typer.Typer(no_args_is_help=True, help="Settings of the identity provider.")


@app.callback()
def oidc() -> None:
    """Settings of the identity provider."""


@app.command()
def discover(
    *,
    issuer: Annotated[
        str, typer.Argument(help="The provider's issuer, such as https://login.example.com.")
    ],
    configuration: Annotated[
        Path, configuration_option("The file to write into.")
    ] = DEFAULT_CONFIGURATION,
    ca: Annotated[
        Path | None,
        typer.Option(help="Trust the authorities in this file (PEM) instead of the public ones."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, change nothing.")
    ] = False,
) -> None:
    """Write a provider's endpoints into cdk.context.json, from its discovery document.

    Everything else in the file stays as it is, to the letter.
    """
    from cli.oidc.discover import run_discover

    run_discover(issuer, configuration=configuration, ca=ca, dry_run=dry_run)
