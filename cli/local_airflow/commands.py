"""Commands of `local-airflow`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.lazy import LazyTyper
from cli.local_airflow.targets import Format, HostSystem
from cli.options import DEFAULT_CONFIGURATION, ConfigurationFile

app = LazyTyper(
    no_args_is_help=True, help="Give Airflow on a laptop the secrets of an environment."
)


@app.lazy_command("export", "cli.local_airflow.export:export")
@dataclass(frozen=True, kw_only=True)
class Export:
    """Write the files with which a local Airflow reads an environment's connections and variables.

    It reads them as the developer, whose AWS profile is mounted read-only.

    The files hold no secret. What is there already is extended, or left with a word on what to add.
    """

    environment: Annotated[
        str, typer.Option("--environment", "-e", metavar="NAME", help="Whose secrets.")
    ]
    format: Annotated[
        Format,
        typer.Option(
            "--format", help="An Astro project, or a version's folder of AWS's own images."
        ),
    ]
    output: Annotated[Path, typer.Option(help="That project or folder.")] = Path()
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The AWS profile to use there.", show_default="AWS_PROFILE"
        ),
    ] = None
    region: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The Region of the environment.",
            show_default="AWS_REGION, or the profile's",
        ),
    ] = None
    platform: Annotated[
        HostSystem | None,
        typer.Option(help="What Docker runs on there.", show_default="this machine's"),
    ] = None
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION
