"""`local-airflow`: Airflow on a developer's laptop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.local_airflow.kinds import Format, Platform
from cli.options import DEFAULT_CONFIGURATION, ConfigurationFile

app = typer.Typer(
    no_args_is_help=True, help="Give Airflow on a laptop the secrets of an environment."
)


@app.callback()
def local_airflow() -> None:
    """Give Airflow on a laptop the secrets of an environment."""


@app.command()
def export(
    *,
    environment: Annotated[
        str, typer.Option("--environment", "-e", metavar="NAME", help="Whose secrets.")
    ],
    format_: Annotated[
        Format,
        typer.Option(
            "--format", help="An Astro project, or a version's folder of AWS's own images."
        ),
    ],
    output: Annotated[Path, typer.Option(help="That project or folder.")] = Path(),
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The AWS profile to use there.", show_default="AWS_PROFILE"
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The Region of the environment.",
            show_default="AWS_REGION, or the profile's",
        ),
    ] = None,
    platform: Annotated[
        Platform | None,
        typer.Option(help="What Docker runs on there.", show_default="this machine's"),
    ] = None,
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Write the files with which a local Airflow reads an environment's connections and variables.

    It reads them from Secrets Manager as the developer, whose AWS profile is mounted read-only.

    The files hold no secret. What is there already is extended, or left with a word on what to add.
    """
    from cli.local_airflow.export import run_export

    run_export(
        environment,
        to=format_,
        output=output,
        profile=profile,
        region=region,
        platform=platform,
        configuration=configuration,
    )
