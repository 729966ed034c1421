"""Options of `urls` and `open`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from cli.options import OutputOptions, PlatformOptions


@dataclass(frozen=True, kw_only=True)
class Urls(PlatformOptions, OutputOptions):
    """Show where everything is: portal, hosts, sign-in links, Airflow's web servers.

    The exit status is 1 where an address could not be read.
    """


@dataclass(frozen=True, kw_only=True)
class Open(PlatformOptions):
    """Open the portal or an environment in the browser, and show its address."""

    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="An environment, or portal.", show_default=False),
    ]
    role: Annotated[
        str | None,
        typer.Option(
            "--role",
            "-r",
            metavar="ROLE",
            help="Open it under this role: Admin, Op, User, Viewer or Public.",
            show_default="the portal offers yours",
        ),
    ] = None
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Show the address alone.")] = (
        False
    )
