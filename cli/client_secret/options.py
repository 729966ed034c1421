"""Options of `secrets rotate-client`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from cli.options import BreakLock, PlatformOptions, Wait


class Section(StrEnum):
    """Section of the configuration that names a client."""

    OIDC = "Oidc"
    UI_GATE = "UiGate"
    QUICK_START = "QuickStart"


@dataclass(frozen=True, kw_only=True)
class RotateClient(PlatformOptions):
    """Store a new client secret, and have the load balancers use it.

    Asks for it without showing it, or reads it from standard input.
    """

    section: Annotated[
        Section,
        typer.Argument(
            metavar="SECTION",
            help="Whose client: Oidc, UiGate or QuickStart.",
            case_sensitive=False,
        ),
    ] = Section.OIDC
    stored: Annotated[
        bool, typer.Option("--stored", help="Take what is in Secrets Manager already.")
    ] = False
    untried: Annotated[
        bool, typer.Option("--untried", help="Do not try it at the provider first.")
    ] = False
    wait: Wait = "0m"
    break_lock: BreakLock = None
