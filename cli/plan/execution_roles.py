"""What execution roles of the team's own must allow after a deployment, as no one has seen it."""

from __future__ import annotations

from collections.abc import Iterator

from cli.plan.plan import RoleNote
from cli.role_check import subject
from config.model import Configuration
from config.new_environment import NewEnvironment
from config.role_access import location_of, own_role_access
from mwaa.permissions.statement import Statement


def unseen_roles(before: Configuration | None, after: Configuration) -> Iterator[RoleNote]:
    """Notes of what each role must allow beyond what it had to; nobody looks whether it does."""
    former = {each.name: each for each in before.new_environments} if before else {}
    for settings in after.new_environments:
        if not (role := settings.execution_role.arn):
            continue
        had = _needed(before, former.get(settings.name), role)
        added = [each for each in _needed(after, settings, role) if each not in had]
        if added:
            yield RoleNote(
                name=subject(settings),
                summary=f"plan cannot see whether {role} allows what it needs from then on; "
                "`./mwaa-platform doctor` looks",
                lines=tuple(
                    f"{each.sid}: {each.purpose} ({', '.join(each.actions)})." for each in added
                ),
            )


def _needed(
    configuration: Configuration | None, settings: NewEnvironment | None, role: str
) -> list[Statement]:
    """What the role must allow; nothing where another is used."""
    if configuration is None or settings is None or settings.execution_role.arn != role:
        return []
    statements = own_role_access(settings, location_of(configuration, settings)).statements
    return [each for each in statements if each.effect == "Allow"]
