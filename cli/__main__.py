"""Entry point of `./mwaa-platform`."""

from __future__ import annotations

import os

import console
from cli.commands import app
from errors import PlatformError


def main() -> None:
    """Runs a command; an error that a person can act on is shown without a traceback."""
    # The launcher changed to the project's folder; paths on the command line start at the caller's.
    os.chdir(os.environ.pop("MWAA_PLATFORM_CALLER", "."))
    try:
        app(prog_name="mwaa-platform")
    except PlatformError as error:
        console.exit_with(error)


if __name__ == "__main__":
    main()
