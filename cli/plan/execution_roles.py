"""What own roles and boundaries must allow after a deployment, as no one has seen them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cli.plan.plan import RoleNote
from cli.role_check import POLICIES, policies_command, subject
from config.model import Configuration
from config.new_environment import NewEnvironment
from config.role_access import bounded_access, location_of, own_role_access
from mwaa.permissions.statement import Statement

UNSEEN = "plan cannot see"
LOOKS = "`./mwaa-platform doctor` looks"


def unseen_roles(before: Configuration | None, after: Configuration) -> Iterator[RoleNote]:
    """Notes of what each role, or boundary, must allow beyond what it had to."""
    swapped = after.roles.permissions_boundary_arn
    if before and before.roles.permissions_boundary_arn == swapped:
        swapped = None
    if swapped:
        yield RoleNote(
            name="Every role of the platform",
            summary=f"{UNSEEN} what {swapped} allows; {LOOKS}",
            lines=(f"`{POLICIES}` prints what it must allow.",),
        )
    former = {each.name: each for each in before.new_environments} if before else {}
    for settings in after.new_environments:
        earlier = former.get(settings.name)
        if settings.execution_role.arn:
            yield from _of_own(before, earlier, after, settings)
        elif (boundary := _boundary(after, settings)) and boundary != swapped:
            yield from _of_boundary(before, earlier, after, settings)


def _of_own(
    before: Configuration | None,
    earlier: NewEnvironment | None,
    after: Configuration,
    settings: NewEnvironment,
) -> Iterator[RoleNote]:
    role = settings.execution_role.arn
    had = _needed(before, earlier) if earlier and earlier.execution_role.arn == role else []
    lines = [*_lines(each for each in _needed(after, settings) if each not in had)]
    if not had:
        lines.append(
            f"Trust: MWAA assumes it for {settings.name} (`{policies_command(settings)}` prints "
            "the trust policy)."
        )
    if lines:
        yield RoleNote(
            name=subject(settings),
            summary=f"{UNSEEN} whether {role} allows what it needs from then on; {LOOKS}",
            lines=tuple(lines),
        )


def _of_boundary(
    before: Configuration | None,
    earlier: NewEnvironment | None,
    after: Configuration,
    settings: NewEnvironment,
) -> Iterator[RoleNote]:
    boundary = _boundary(after, settings)
    had = (
        _needed(before, earlier)
        if before
        and earlier
        and not earlier.execution_role.arn
        and _boundary(before, earlier) == boundary
        else []
    )
    if added := [each for each in _needed(after, settings) if each not in had]:
        yield RoleNote(
            name=subject(settings),
            summary=f"{UNSEEN} what {boundary} allows; {LOOKS}",
            lines=(*_lines(added),),
        )


def _boundary(configuration: Configuration, settings: NewEnvironment) -> str | None:
    own = settings.execution_role.permissions_boundary_arn
    return own or configuration.roles.permissions_boundary_arn


def _lines(statements: Iterable[Statement]) -> Iterator[str]:
    return (f"{each.sid}: {each.purpose} ({', '.join(each.actions)})." for each in statements)


def _needed(configuration: Configuration | None, settings: NewEnvironment) -> list[Statement]:
    """What the role, or its boundary, must allow."""
    if configuration is None:
        return []
    location = location_of(configuration, settings)
    access = own_role_access if settings.execution_role.arn else bounded_access
    return [each for each in access(settings, location).statements if each.effect == "Allow"]
