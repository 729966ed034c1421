"""Changes of a principal's manual grants: roles are added or removed.

An entry of the table holds all roles of a principal in an environment, and one expiry for them all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from authenticator.grants import TableGrant
from authenticator.settings import ROLES

GrantsByEnvironment = Mapping[str, TableGrant]
"""A principal's grants from one source."""


class Terms(NamedTuple):
    """Content of an entry: roles, and their expiry in seconds since 1970, None for never."""

    roles: frozenset[str]
    expires: int | None


class GrantChange(NamedTuple):
    """Entry before and after a change; None where there is none."""

    principal: str
    environment: str
    before: TableGrant | None
    after: Terms | None


TermsByEnvironment = Mapping[str, Terms | None]
"""Content that entries shall have; None for those to delete."""
Update = Callable[[GrantsByEnvironment], TermsByEnvironment]
"""Function from a principal's manual grants to the entries to write or delete."""


class ExpiryConflictError(Exception):
    """Roles would share an entry with others of another expiry; `existing` are those."""

    def __init__(self, existing: Sequence[TableGrant]) -> None:
        super().__init__(", ".join(grant.environment for grant in existing))
        self.existing = existing


def adding(wanted: Mapping[str, Terms]) -> Update:
    """Returns the update that adds roles, by environment.

    An expired or malformed entry is replaced. Naming every role that an entry has changes its
    expiry; otherwise the update raises ExpiryConflictError where expiries differ.
    """

    def update(present: GrantsByEnvironment) -> TermsByEnvironment:
        conflicts = [
            present[name]
            for name, terms in wanted.items()
            if name in present and _has_expiry_conflict(present[name], terms)
        ]
        if conflicts:
            raise ExpiryConflictError(conflicts)
        return {name: _added(present.get(name), terms) for name, terms in wanted.items()}

    return update


def removing(environments: Collection[str], roles: Collection[str]) -> Update:
    """Returns the update that removes roles; an empty collection means all of them."""

    def update(present: GrantsByEnvironment) -> TermsByEnvironment:
        return {
            name: _reduced(grant, roles)
            for name, grant in present.items()
            if not environments or name in environments
        }

    return update


def terms_of(grant: TableGrant) -> Terms:
    """Returns the content of an entry of the table."""
    expires = None if grant.expires is None else int(grant.expires)
    return Terms(frozenset(grant.roles), expires)


def by_power(roles: Collection[str]) -> list[str]:
    """Returns roles in the order in which people read them: the least powerful first."""
    return [role for role in ROLES if role in roles]


def _has_expiry_conflict(existing: TableGrant, terms: Terms) -> bool:
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
