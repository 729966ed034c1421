"""Entry point of `./mwaa-platform`."""

from __future__ import annotations

import os

from boundary import errors_shown
from cli.commands import app


def main() -> None:
    """Runs a command."""
    # The launcher changed to the project's folder; paths on the command line start at the caller's.
    os.chdir(os.environ.pop("MWAA_PLATFORM_CALLER", "."))
    with errors_shown():
        app(prog_name="mwaa-platform")


if __name__ == "__main__":
    main()
