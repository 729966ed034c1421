"""Commands of `requirements`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.lazy import LazyTyper
from cli.options import DEFAULT_CONFIGURATION, configuration_option

app = LazyTyper(no_args_is_help=True, help="What is installed in environments.")


@app.lazy_command("wheels", "cli.requirements.wheels:fetch_wheels")
@dataclass(frozen=True, kw_only=True)
class Wheels:
    """Fill an environment's Wheels folder for MWAA's Python and platform, on any machine.

    It gets what its requirements.txt and its lineage need and MWAA's image does not have.

    Versions are those of MWAA's constraints. Wheels of your own stay, and are found too.
    """

    environment: Annotated[
        str,
        typer.Option("--environment", "-e", metavar="NAME", help="An environment with Wheels."),
    ]
    configuration: Annotated[
        Path, configuration_option("The configuration that names the folder.")
    ] = DEFAULT_CONFIGURATION
