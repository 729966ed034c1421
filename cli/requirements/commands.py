"""`requirements`: what is installed in environments."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import DEFAULT_CONFIGURATION, configuration_option

app = typer.Typer(no_args_is_help=True, help="What is installed in environments.")


@app.callback()
def requirements() -> None:
    """What is installed in environments."""


@app.command()
def wheels(
    *,
    environment: Annotated[
        str,
        typer.Option("--environment", "-e", metavar="NAME", help="An environment with Wheels."),
    ],
    configuration: Annotated[
        Path, configuration_option("The configuration that names the folder.")
    ] = DEFAULT_CONFIGURATION,
) -> None:
    """Fill an environment's Wheels folder for MWAA's Python and platform, on any machine.

    It gets what its requirements.txt and its lineage need and MWAA's image does not have.

    Versions are those of MWAA's constraints. Wheels of your own stay, and are found too.
    """
    from cli.requirements.wheels import run_wheels

    run_wheels(environment, configuration=configuration.absolute())
