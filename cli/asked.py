"""What somebody typed, where it names nothing that there is."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import console
from config.environments import Environment
from config.errors import ConfigurationError, Mistake
from config.model import Configuration
from config.nearest import nearest

COMMAND_LINE = Path("what you typed")


def mistyped(where: str, reason: str, hint: str | None) -> ConfigurationError:
    """The error of an option that is missing or wrong."""
    return ConfigurationError(COMMAND_LINE, (Mistake(where, reason, hint),))


def unknown_environment(name: str, where: str, environments: Collection[str]) -> Mistake:
    """The mistake of naming an environment that the configuration does not have."""
    near = nearest(name, environments)
    return Mistake(
        where,
        f"There is no environment {console.printable(name)} in the configuration.",
        f"Did you mean {near}?"
        if near
        else f"It has: {', '.join(sorted(environments)) or 'none'}.",
    )


def environment_named(name: str, configuration: Configuration) -> Environment:
    """The environment that --environment names. Raises ConfigurationError where there is none."""
    environments = {each.name: each for each in configuration.environments}
    if name not in environments:
        mistake = unknown_environment(name, "--environment", environments)
        raise ConfigurationError(COMMAND_LINE, (mistake,))
    return environments[name]
