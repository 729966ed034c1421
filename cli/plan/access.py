"""Who gains access, and who loses it, between two configurations.

By the grants that the configuration holds. Those that people add by hand are in the table alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from config.grants import EVERY_ENVIRONMENT, principal_of
from config.key_changes import GRANTS, Written, entries
from config.quick_start import SAMPLE_ROLE, is_used

EVERYBODY = "everybody who can sign in"
NEVER = ""

Roles = Mapping[str, str]
"""Roles with the moment at which each ends, as it is written."""


@dataclass(frozen=True, kw_only=True)
class AccessChange:
    """Roles that a principal gains and loses in environments, and those that end otherwise.

    `left` are all that it has there afterwards.
    """

    principal: str
    environments: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    ends_otherwise: tuple[str, ...]
    left: tuple[str, ...]


def access_changes(before: Written, after: Written) -> list[AccessChange]:
    """Every change, environments in which a principal's roles change alike together."""
    old, new = _access(before), _access(after)
    together: dict[tuple[str, Any], list[str]] = {}
    for key in dict.fromkeys([*new, *old]):
        principal, environment = key
        change = _change(old.get(key, {}), new.get(key, {}))
        if any(change):
            left = tuple(new.get(key, {}))
            together.setdefault((principal, (change, left)), []).append(environment)
    return [
        AccessChange(
            principal=principal,
            environments=tuple(environments),
            gained=gained,
            lost=lost,
            ends_otherwise=ends_otherwise,
            left=left,
        )
        for (
            principal,
            ((gained, lost, ends_otherwise), left),
        ), environments in together.items()
    ]


def _change(before: Roles, after: Roles) -> tuple[tuple[str, ...], ...]:
    gained = tuple(role for role in after if role not in before)
    lost = tuple(role for role in before if role not in after)
    both = (role for role in after if role in before)
    return gained, lost, tuple(role for role in both if before[role] != after[role])


def _access(written: Written) -> dict[tuple[str, str], dict[str, str]]:
    """Roles by principal and environment."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for principal, environment, role, end in _grants(written):
        roles = found.setdefault((principal, environment), {})
        roles[role] = NEVER if roles.get(role) == NEVER else end
    return found


def _grants(written: Written) -> Iterator[tuple[str, str, str, str]]:
    """Principal, environment, role and end of each grant, and of QuickStart's role."""
    for grant in written.get(GRANTS) or ():
        principal = principal_of(
            user=grant.get("User"), subject=grant.get("Subject"), group=grant.get("Group")
        )
        for named in _listed(grant.get("Environments")):
            for environment in entries(written) if named == EVERY_ENVIRONMENT else [named]:
                for role in _listed(grant.get("Roles")):
                    yield str(principal), environment, role, grant.get("Expires") or NEVER
    quick_start = written.get("QuickStart")
    if isinstance(quick_start, dict) and is_used(quick_start):
        role = quick_start.get("RbacRoleName") or SAMPLE_ROLE
        yield EVERYBODY, str(quick_start.get("MwaaEnvironmentName")), role, NEVER


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
