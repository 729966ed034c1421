"""Options of the next command that another shows."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Protocol

from cli.options import DEFAULT_CONFIGURATION
from local.layout import DEFAULT_STATE


class EnvironmentOptions(Protocol):
    """Options of a command about one environment of a platform."""

    @property
    def environment(self) -> str: ...
    @property
    def local(self) -> bool: ...
    @property
    def state(self) -> Path: ...
    @property
    def configuration(self) -> Path: ...


def rerun_options(options: EnvironmentOptions) -> str:
    """Returns the options, quoted for a shell, of another command for the same environment."""
    given = ["-e", options.environment]
    if options.local:
        state = options.state
        given += ["--local", *(["--state", str(state)] if state != DEFAULT_STATE else [])]
    elif options.configuration != DEFAULT_CONFIGURATION:
        given += ["-c", str(options.configuration)]
    return shlex.join(given)
