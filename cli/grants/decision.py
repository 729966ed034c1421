"""Why somebody may open what: the authenticator's own decision, with the grants that made it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from authenticator.errors import RefusedError
from authenticator.grants import EVERY_ENVIRONMENT, TableGrant, effective_roles
from authenticator.person import Person, read_person
from errors import PlatformError


class Permission(NamedTuple):
    """A role that somebody has in an environment, until when, and the grants that say so."""

    environment: str
    role: str
    expires: float | None
    because: tuple[TableGrant, ...]


class Ignored(NamedTuple):
    """A grant that counts for nothing, and why."""

    grant: TableGrant
    reason: str


def person_of(email: str, groups: Sequence[str]) -> Person:
    """The person that the authenticator sees when the provider sends this address and groups.

    Raises PlatformError where it would turn that person away.
    """
    try:
        return read_person({"email": email, "groups": list(groups)}, "groups")
    except RefusedError as refused:
        raise PlatformError(
            f"The authenticator turns this person away: {refused.reason}.",
            place="the e-mail address",
            remedy="Give the plain address (ASCII, one @) that the identity provider sends.",
        ) from None


def permissions(grants: Sequence[TableGrant], environments: Collection[str]) -> list[Permission]:
    """What the grants allow in these environments, the least powerful role first."""
    return [
        Permission(environment, role, expires, tuple(_deciding(grants, environment, role, expires)))
        for environment, roles in effective_roles(grants, environments).items()
        for role, expires in roles.items()
    ]


def ignored(grants: Sequence[TableGrant], environments: Collection[str]) -> Iterator[Ignored]:
    """The grants that count for nothing."""
    for grant in grants:
        known = grant.environment in environments or grant.environment == EVERY_ENVIRONMENT
        if grant.problem and not grant.active:
            yield Ignored(grant, grant.problem)
        elif not grant.active:
            yield Ignored(grant, "it has ended")
        elif not known:
            yield Ignored(grant, "the configuration has no such environment")


def _deciding(
    grants: Sequence[TableGrant], environment: str, role: str, expires: float | None
) -> Iterator[TableGrant]:
    for grant in grants:
        speaks = grant.environment in (environment, EVERY_ENVIRONMENT) and role in grant.roles
        if grant.active and speaks and grant.expires == expires:
            yield grant
