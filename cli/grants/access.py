"""Access of a person as the authenticator decides it, and the grants that give it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from authenticator.blocks import Block
from authenticator.decision import RoleAccess, decide
from authenticator.errors import RefusedError
from authenticator.grants import EVERY_ENVIRONMENT, TableGrant, question_about
from authenticator.person import ADDRESS, SUBJECT, ClaimRules, Person, read_person
from errors import PlatformError

BLOCK_WINS = "the block wins"
_ANY_SUBJECT = "unknown"


class Permission(NamedTuple):
    """Role of a person in an environment, its expiry, and the grants that decide it."""

    environment: str
    role: str
    expires: float | None
    grants: tuple[TableGrant, ...]


class IgnoredGrant(NamedTuple):
    """Grant without effect, and the reason."""

    grant: TableGrant
    reason: str


def person_of(
    email: str, subject: str | None, groups: Sequence[str], *, group_paths: bool
) -> Person:
    """Returns the authenticator's person for an address, a subject and groups.

    An unknown subject is empty, which no person's is. With `group_paths` a group may be named with
    its first slash, as the provider does, or without. Raises PlatformError where the authenticator
    refuses that person.
    """
    rules = ClaimRules(group_paths=group_paths)
    claims = {
        "email": email,
        "email_verified": True,
        "sub": _ANY_SUBJECT if subject is None else subject,
        rules.groups_claim: [f"/{each.removeprefix('/')}" for each in groups]
        if group_paths
        else list(groups),
    }
    try:
        person = read_person(claims, rules)
        return person if subject is not None else replace(person, subject="")
    except RefusedError as refused:
        raise PlatformError(
            f"The authenticator turns this person away: {refused.reason}.",
            place="the e-mail address, or --subject",
            remedy="Give the plain address (ASCII, one @) and the sub that the identity provider "
            "sends.",
        ) from None


def permissions(
    person: Person, grants: Sequence[TableGrant], environments: Collection[str]
) -> list[Permission]:
    """Returns what the grants allow in these environments, the least powerful role first."""
    return [
        Permission(
            environment, role, access.expires, tuple(_giving(grants, environment, role, access))
        )
        for environment, roles in decide(question_about(person, grants, environments)).items()
        for role, access in roles.items()
    ]


def ignored_grants(
    grants: Sequence[TableGrant], environments: Collection[str], *, blocked: bool
) -> Iterator[IgnoredGrant]:
    """Yields the grants without effect: all of them for a blocked person."""
    for grant in grants:
        known = grant.environment in environments or grant.environment == EVERY_ENVIRONMENT
        if blocked:
            yield IgnoredGrant(grant, BLOCK_WINS)
        elif grant.problem and not grant.active:
            yield IgnoredGrant(grant, grant.problem)
        elif not grant.active:
            yield IgnoredGrant(grant, "it has ended")
        elif not known:
            yield IgnoredGrant(grant, "the configuration has no such environment")


def blocks_nobody(principal: str) -> str | None:
    """Reason for which the sign-in never looks for a block of this principal, or None."""
    kind, _, name = principal.partition(":")
    if kind == "user" and ADDRESS.fullmatch(name):
        return None if name == name.casefold() else "the address must be in lower case"
    if kind == "subject" and re.fullmatch(SUBJECT, name):
        return None
    if kind == "group":
        return "a group cannot be blocked"
    nobody = "nobody signs in with this name"
    return nobody if kind in {"user", "subject"} else 'it must begin with "user:" or "subject:"'


def could_open(
    grants: Iterable[TableGrant],
    kinds: Collection[str],
    environments: Collection[str],
    role: str | None,
) -> list[str]:
    """Returns the principals of these kinds that may open one of the environments (as `role`)."""
    return sorted(
        {
            grant.principal
            for grant in grants
            if grant.active
            and grant.principal.partition(":")[0] in kinds
            and (grant.environment in environments or grant.environment == EVERY_ENVIRONMENT)
            and (role is None or role in grant.roles)
        }
    )


def without_blocked(grants: Iterable[TableGrant], blocks: Iterable[Block]) -> Iterator[TableGrant]:
    """Yields the grants, those of blocked principals without effect."""
    blocked = {block.principal for block in blocks if not blocks_nobody(block.principal)}
    for grant in grants:
        if grant.principal in blocked:
            yield grant._replace(active=False, problem=BLOCK_WINS)
        else:
            yield grant


def _giving(
    grants: Sequence[TableGrant], environment: str, role: str, access: RoleAccess
) -> Iterator[TableGrant]:
    for grant in grants:
        applies = grant.environment in (environment, EVERY_ENVIRONMENT) and role in grant.roles
        if grant.active and applies and grant.expires == access.expires:
            yield grant
