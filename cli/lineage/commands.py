"""Commands of `lineage`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.lazy import LazyTyper
from cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, OutputOptions, PlatformOptions

DEPLOYED, FILES = "What is deployed", "Files"

app = LazyTyper(
    no_args_is_help=True,
    help="Put the catalogues' tokens in, look whether lineage can arrive, build files.",
)
token = LazyTyper(no_args_is_help=True, help="The catalogues' tokens.")
app.add_typer(token, name="token", rich_help_panel=DEPLOYED)

EnvironmentName = Annotated[
    str, typer.Option("--environment", "-e", metavar="NAME", help="The environment.")
]


@token.lazy_command("set", "cli.lineage.tokens:set_token")
@dataclass(frozen=True, kw_only=True)
class SetToken(PlatformOptions):
    """Put a catalogue's token into Secrets Manager.

    Asks for it without showing it, or reads it from standard input. Airflow follows by itself.
    """

    environment: EnvironmentName
    catalogue: Annotated[
        str | None,
        typer.Option(
            "--catalogue", metavar="ID", help="Which catalogue's, where there are several."
        ),
    ] = None


@app.lazy_command("check", "cli.lineage.checks:check_lineage", rich_help_panel=DEPLOYED)
@dataclass(frozen=True, kw_only=True)
class CheckLineage(PlatformOptions, OutputOptions):
    """Look whether lineage can arrive: from here, and with `Preflight` from inside Airflow.

    The exit status is 1 when something is wrong.
    """

    environment: EnvironmentName
    catalogue: Annotated[
        str | None,
        typer.Option("--catalogue", metavar="ID", help="This catalogue alone, such as atlan."),
    ] = None
    send_marker: Annotated[
        bool,
        typer.Option(
            "--send-marker", help="Send one event too. It makes an asset in the catalogue."
        ),
    ] = False


@app.lazy_command("build", "cli.lineage.build:build_files", rich_help_panel=FILES)
@dataclass(frozen=True, kw_only=True)
class BuildFiles:
    """Write an environment's plugins.zip and requirements.txt, and say what else it needs.

    For environments that exist, to which nothing is deployed.
    """

    environment: EnvironmentName
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write the files to.")
    ]
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION
