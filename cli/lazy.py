"""Commands whose code is imported when they run, so that pages of help load none of it.

A command is a dataclass of its options, with its help as the docstring, and a function in another
module that takes an instance of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any, TypeVar, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

Options = TypeVar("Options")


class LazyTyper(typer.Typer):
    """Typer application, or group of one, whose commands are imported lazily."""

    def __init__(self, **settings: Any) -> None:
        names = {"help_option_names": ["-h", "--help"]}
        super().__init__(cls=_Group, context_settings=names, **settings)

    def lazy_command(
        self, name: str, target: str, **settings: Any
    ) -> Callable[[type[Options]], type[Options]]:
        """Registers a dataclass of options for a command that `target`, "module:function", runs.

        `settings` are those of `Typer.command`.
        """

        def register(options: type[Options]) -> type[Options]:
            def run(**values: Any) -> None:
                resolve_name(target)(options(**values))

            run.__signature__ = _signature(options)  # type: ignore[attr-defined]
            self.command(name, cls=_Command, help=options.__doc__, **settings)(run)
            return options

        return register


class _Command(TyperCommand):
    """Command whose help names no type for an option that takes no value."""

    def get_params(self, ctx: Any) -> Any:
        return _without_types_of_flags(super().get_params(ctx))


class _Group(TyperGroup):
    """Group of commands whose help names no type for an option that takes no value."""

    def get_params(self, ctx: Any) -> Any:
        return _without_types_of_flags(super().get_params(ctx))


def _without_types_of_flags(parameters: Any) -> Any:
    for each in parameters:
        if isinstance(each, TyperOption) and each.is_flag:
            each.metavar = ""
    return parameters


def _signature(options: type) -> inspect.Signature:
    """The options as parameters: a command's own before those that it inherits."""
    parameters = inspect.signature(options).parameters
    hints = get_type_hints(options, include_extras=True)
    declared = (name for each in options.__mro__ for name in inspect.get_annotations(each))
    names = dict.fromkeys(declared)  # a command can declare an inherited option again
    return inspect.Signature([parameters[name].replace(annotation=hints[name]) for name in names])
