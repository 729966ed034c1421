"""Two applications, and what differs between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cli.plan.application import Application, StackState
from cli.plan.refusals import (
    ENVIRONMENT,
    Changes,
    refusals,
)
from config.key_changes import KeyChange, entries
from config.stack_names import PER_ENVIRONMENT, Kind, kind_of, suffix


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two applications, what differs between the templates of each stack, and the keys that do."""

    before: Application
    after: Application
    changes: Changes
    keys: Sequence[KeyChange]

    def refusals(self, stack: StackState) -> tuple[str, ...]:
        """Why the deployment of a stack is refused, each reason once."""
        return tuple(dict.fromkeys(refusals(stack, self.before, self.after, self.changes)))


def environment_of(stack: StackState, application: Application) -> str | None:
    """The name of the environment that a stack is about; None for a stack of all."""
    if kind_of_stack(stack) not in PER_ENVIRONMENT:
        return None
    own = stack.id.partition("-")[2]
    made = ((each.get("Properties") or {}).get("Name") for _, each in stack.of_type(ENVIRONMENT))
    names = [*entries(application.written or {}), *(each for each in made if each)]
    return next((name for name in names if suffix(str(name)) == own), own)


def kind_of_stack(stack: StackState) -> Kind:
    """The kind of a stack; that of the portal for one that the platform does not know."""
    return kind_of(stack.id) or Kind.SSO
