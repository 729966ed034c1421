"""Lookup of what the command line names, and errors of its options."""

from __future__ import annotations

from collections.abc import Collection

import console
from config.model import AnyEnvironment, Configuration
from config.nearest import nearest
from errors import Finding, InputError

COMMAND_LINE = "what you typed"


def option_error(option: str, message: str, remedy: str | None) -> InputError:
    """Error of an option that is missing or wrong."""
    return InputError(COMMAND_LINE, [Finding(subject=option, message=message, remedy=remedy)])


def check_one_form(*, as_json: bool, as_markdown: bool) -> None:
    """Raises InputError where --json and --markdown are both asked for."""
    if as_json and as_markdown:
        raise option_error("--markdown", "It cannot be written with --json.", "Give one of them.")


def unknown_environment(
    name: str, subject: str, environments: Collection[str], *, others: Collection[str] = ()
) -> Finding:
    """Finding of an environment that the configuration does not have.

    `subject` is the option or column that names it, `environments` are those that there are, and
    `others` what could be named instead.
    """
    near = nearest(name, [*environments, *others])
    instead = f" Or name: {', '.join(others)}." if others else ""
    return Finding(
        subject=subject,
        message=f"There is no environment {console.printable(name)} in the configuration.",
        remedy=f"Did you mean {near}?"
        if near
        else f"It has: {', '.join(sorted(environments)) or 'none'}.{instead}",
    )


def find_environment(name: str, configuration: Configuration) -> AnyEnvironment:
    """Returns the environment that --environment names. Raises InputError where there is none."""
    environments = {each.name: each for each in configuration.environments}
    if name not in environments:
        raise InputError(COMMAND_LINE, [unknown_environment(name, "--environment", environments)])
    return environments[name]
