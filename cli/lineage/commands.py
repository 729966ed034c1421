"""`lineage`: put tokens in, look whether lineage can arrive, build files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import (
    DEFAULT_CONFIGURATION,
    DEFAULT_STATE,
    AsJson,
    ConfigurationFile,
    Local,
    State,
)

app = typer.Typer(
    no_args_is_help=True,
    help="Put the catalogues' tokens in, look whether lineage can arrive, build files.",
)
token = typer.Typer(no_args_is_help=True, help="The catalogues' tokens.")
DEPLOYED, FILES = "What is deployed", "Files"

app.add_typer(token, name="token", rich_help_panel=DEPLOYED)

Environment = Annotated[
    str, typer.Option("--environment", "-e", metavar="NAME", help="The environment.")
]
Catalogue = Annotated[
    str | None,
    typer.Option("--catalogue", metavar="ID", help="This catalogue alone, such as atlan."),
]


@token.command("set")
def set_token(
    *,
    environment: Environment,
    catalogue: Annotated[
        str | None,
        typer.Option(
            "--catalogue", metavar="ID", help="Which catalogue's, where there are several."
        ),
    ] = None,
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION,
    local: Local = False,
    state: State = DEFAULT_STATE,
) -> None:
    """Put a catalogue's token into Secrets Manager.

    Asks for it without showing it, or reads it from standard input. Airflow follows by itself.
    """
    from cli.deployed import deployed
    from cli.lineage import tokens
    from cli.lineage.subject import options

    with deployed(configuration=configuration, local=local, state=state) as platform:
        tokens.set_token(
            platform,
            environment=environment,
            catalogue=catalogue,
            options=options(environment, configuration=configuration, local=local, state=state),
        )


@app.command(rich_help_panel=DEPLOYED)
def check(
    *,
    environment: Environment,
    catalogue: Catalogue = None,
    send_marker: Annotated[
        bool,
        typer.Option(
            "--send-marker", help="Send one event too. It makes an asset in the catalogue."
        ),
    ] = False,
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION,
    local: Local = False,
    state: State = DEFAULT_STATE,
    as_json: AsJson = False,
) -> None:
    """Look whether lineage can arrive: from here, and with `Preflight` from inside Airflow.

    The exit status is 1 when something is wrong.
    """
    from cli.deployed import deployed
    from cli.lineage import checking
    from cli.lineage.subject import options

    with deployed(configuration=configuration, local=local, state=state) as platform:
        well = checking.check(
            platform,
            environment=environment,
            catalogue=catalogue,
            send_marker=send_marker,
            authorities=state / "certificates" / "ca.pem" if local else None,
            as_json=as_json,
            options=options(environment, configuration=configuration, local=local, state=state),
        )
    if not well:
        raise typer.Exit(1)


@app.command(rich_help_panel=FILES)
def build(
    *,
    environment: Environment,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write the files to.")
    ],
    configuration: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Write an environment's plugins.zip and requirements.txt, and say what else it needs.

    For environments that exist, to which nothing is deployed.
    """
    from cli.lineage import building

    building.build(configuration.absolute(), environment=environment, output=output)
