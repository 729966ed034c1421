"""What adding or taking away roles makes of a principal's grants by hand.

In the table one entry holds all roles of a principal in an environment, with one end for them all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from authenticator.grants import TableGrant
from authenticator.settings import ROLES

Grants = Mapping[str, TableGrant]
"""A principal's grants from one source, by environment."""


class Terms(NamedTuple):
    """What an entry says: roles, and the moment they end in seconds since 1970, None for never."""

    roles: frozenset[str]
    expires: int | None


class Change(NamedTuple):
    """An entry before and after; None where there is none."""

    principal: str
    environment: str
    before: TableGrant | None
    after: Terms | None


Wanted = Mapping[str, Terms | None]
"""What entries shall say, by environment; None for those that shall go."""
Decide = Callable[[Grants], Wanted]


class EndsDifferError(Exception):
    """Roles would share an entry with others that end at another moment; `existing` are those."""

    def __init__(self, existing: Sequence[TableGrant]) -> None:
        super().__init__(", ".join(grant.environment for grant in existing))
        self.existing = existing


def adding(wanted: Mapping[str, Terms]) -> Decide:
    """Add these roles to whatever is granted already.

    What has ended or is malformed is replaced, never revived. Naming every role that an entry has
    moves its end; otherwise EndsDifferError is raised where ends differ.
    """

    def decide(present: Grants) -> Wanted:
        conflicts = [
            present[name]
            for name, terms in wanted.items()
            if name in present and _ends_differ(present[name], terms)
        ]
        if conflicts:
            raise EndsDifferError(conflicts)
        return {name: _added(present.get(name), terms) for name, terms in wanted.items()}

    return decide


def removing(environments: Collection[str], roles: Collection[str]) -> Decide:
    """Take these roles away, or all where `roles` is empty; every environment where that is."""

    def decide(present: Grants) -> Wanted:
        return {
            name: _reduced(grant, roles)
            for name, grant in present.items()
            if not environments or name in environments
        }

    return decide


def terms_of(grant: TableGrant) -> Terms:
    """What an entry of the table says."""
    expires = None if grant.expires is None else int(grant.expires)
    return Terms(frozenset(grant.roles), expires)


def by_power(roles: Collection[str]) -> list[str]:
    """Roles as people read them: the least powerful first."""
    return [role for role in ROLES if role in roles]


def _ends_differ(existing: TableGrant, terms: Terms) -> bool:
    old = terms_of(existing)
    return existing.active and old.expires != terms.expires and not old.roles <= terms.roles


def _added(existing: TableGrant | None, terms: Terms) -> Terms:
    if existing is None or not existing.active:
        return terms
    return Terms(frozenset(existing.roles) | terms.roles, terms.expires)


def _reduced(existing: TableGrant, roles: Collection[str]) -> Terms | None:
    old = terms_of(existing)
    left = old.roles - set(roles) if roles else frozenset[str]()
    return Terms(left, old.expires) if left else None
