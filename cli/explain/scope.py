"""What a configuration says of stacks and environments, and what a name among them means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Self

import console
from cli.lookup import COMMAND_LINE
from config.model import AnyEnvironment, Configuration
from config.nearest import nearest
from config.quick_start import QuickStart
from config.stack_names import Kind, stack_id, stacks
from config.ways import ExistingVpc
from errors import Finding, InputError


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Stacks by their ids, without the application's name, and environments by their names.

    - `about`: the environment that a stack is about; None where it is about none.
    - `environments`: all of them, in the file's order.
    - `made_by`: the stack that makes an environment, for new ones.

    All are empty where the configuration is not known.
    """

    about: Mapping[str, str | None] = field(default_factory=dict)
    environments: Collection[str] = ()
    made_by: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, configuration: Configuration) -> Self:
        """The scope of a configuration."""
        about = {stack.id: _environment(stack.about) for stack in stacks(configuration)}
        names = [each.name for each in configuration.environments]
        return cls(
            about=about,
            environments=list(dict.fromkeys([*names, *filter(None, about.values())])),
            made_by={
                each.name: stack_id(Kind.ENVIRONMENT, each)
                for each in configuration.new_environments
            },
        )

    def chosen(
        self, name: str | None, *, deployed: Collection[str], prefix: str
    ) -> tuple[AbstractSet[str], Collection[str]]:
        """The stacks and environments that a name means: all of them where there is none.

        An environment's name means its stacks too, and a stack's name, with or without `prefix`,
        the environment that it is about. Raises InputError for any other name.
        """
        known = {**dict.fromkeys(deployed), **self.about}
        if name is None:
            return known.keys(), self.environments
        if name in self.environments:
            return {stack for stack, of in self.about.items() if of == name}, [name]
        stack = name.removeprefix(prefix)
        if stack not in known:
            raise _unknown(name, [*known, *self.environments])
        return {stack}, [of] if (of := known[stack]) else []


def _environment(about: AnyEnvironment | QuickStart | ExistingVpc | None) -> str | None:
    match about:
        case None | ExistingVpc():
            return None
        case QuickStart():
            return about.mwaa_environment_name
    return about.name


def _unknown(name: str, known: Collection[str]) -> InputError:
    near = nearest(name, known)
    finding = Finding(
        subject=console.printable(name),
        message="This is neither a stack nor an environment of the configuration.",
        remedy=f"Did you mean {near}?"
        if near
        else f"There are: {', '.join(sorted(known)) or 'none'}.",
    )
    return InputError(COMMAND_LINE, [finding])
