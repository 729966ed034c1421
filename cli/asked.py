"""What somebody typed, where it names nothing that there is."""

from __future__ import annotations

from collections.abc import Collection

import console
from config.model import AnyEnvironment, Configuration
from config.nearest import nearest
from errors import Finding, InputError

COMMAND_LINE = "what you typed"


def mistyped(option: str, message: str, remedy: str | None) -> InputError:
    """The error of an option that is missing or wrong."""
    return InputError(COMMAND_LINE, [Finding(subject=option, message=message, remedy=remedy)])


def unknown_environment(name: str, subject: str, environments: Collection[str]) -> Finding:
    """The mistake of naming an environment that the configuration does not have."""
    near = nearest(name, environments)
    return Finding(
        subject=subject,
        message=f"There is no environment {console.printable(name)} in the configuration.",
        remedy=f"Did you mean {near}?"
        if near
        else f"It has: {', '.join(sorted(environments)) or 'none'}.",
    )


def environment_named(name: str, configuration: Configuration) -> AnyEnvironment:
    """The environment that --environment names. Raises InputError where there is none."""
    environments = {each.name: each for each in configuration.environments}
    if name not in environments:
        raise InputError(COMMAND_LINE, [unknown_environment(name, "--environment", environments)])
    return environments[name]
