"""Commands of `secrets`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from cli.client_secret.options import RotateClient
from cli.lazy import LazyTyper
from cli.options import OutputOptions, PlatformOptions

app = LazyTyper(
    no_args_is_help=True,
    help="Put connections and variables into AWS, list them, and ask whether Airflow reads them. "
    "Rotate the secret of a client at the identity provider.",
)


class Kind(StrEnum):
    """What a secret is to Airflow."""

    CONNECTION = "connection"
    VARIABLE = "variable"


EnvironmentName = Annotated[
    str, typer.Option("--environment", "-e", metavar="NAME", help="The environment.")
]


@app.lazy_command("put", "cli.secrets.put:put_secret")
@dataclass(frozen=True, kw_only=True)
class PutSecret(PlatformOptions):
    """Put a connection or a variable where an environment's Airflow looks for it.

    Asks for the value without showing it, or reads it from standard input.

    A connection is a URI or a JSON object, as Airflow takes them.
    """

    kind: Annotated[Kind, typer.Argument(help="What it is.", show_default=False)]
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Its id in Airflow.", show_default=False)
    ]
    environment: EnvironmentName
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a value that is there without asking.")
    ] = False


@app.lazy_command("list", "cli.secrets.listing:list_secrets")
@dataclass(frozen=True, kw_only=True)
class ListSecrets(PlatformOptions, OutputOptions):
    """List an environment's connections and variables in AWS, without their values."""

    environment: EnvironmentName


@app.lazy_command("check", "cli.secrets.check:check_secrets")
@dataclass(frozen=True, kw_only=True)
class CheckSecrets(PlatformOptions, OutputOptions):
    """Have Airflow itself read connections and variables, and say how it went, never a value.

    Without a name, all that are in AWS. The exit status is 1 when something is wrong.
    """

    kind: Annotated[Kind | None, typer.Argument(help="What it is.", show_default=False)] = None
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Its id in Airflow.", show_default=False)
    ] = None
    environment: EnvironmentName


app.lazy_command("rotate-client", "cli.client_secret.rotate:rotate_client")(RotateClient)
