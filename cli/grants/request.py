"""What somebody asks to be granted, checked as the configuration's grants are."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

import console
from authenticator.grants import EVERY_ENVIRONMENT
from authenticator.settings import ROLES
from cli.asked import mistyped, unknown_environment
from cli.grants.changes import Terms
from config.checks.messages import explain
from config.grants import Grant
from config.nearest import nearest
from config.section import Section
from config.types import ENVIRONMENT_NAME
from errors import Finding

Entry = Mapping[str, Any]
"""A grant as it would stand in the configuration: User or Group, Environments, Roles, Expires."""
Label = Callable[[str], str]
"""What the person calls a key of an entry: an option, or a line and column."""


class _Entries(Section):
    grants: tuple[Grant, ...]


def check_entry(
    entry: Entry, *, label: Label, environments: Collection[str]
) -> tuple[Grant | None, list[Finding]]:
    """The grant of an entry, or every mistake in it."""
    mistakes = list(_unknown_environments(entry, label, environments))
    try:
        [grant] = _Entries.model_validate({"Grants": [entry]}).grants
    except ValidationError as error:
        found = [_relabelled(each, label) for each in explain(error, {"Grants": [entry]})]
        return None, [*found, *mistakes]
    if grant.expires and grant.expires.timestamp() <= time.time():
        message = "This moment has passed: nothing is granted."
        mistakes.append(Finding(subject=label("Expires"), message=message))
    return (None if mistakes else grant), mistakes


def terms_asked(grant: Grant) -> Terms:
    """What an entry of the table has to say for this grant."""
    expires = int(grant.expires.timestamp()) if grant.expires else None
    return Terms(frozenset(grant.roles), expires)


def _relabelled(mistake: Finding, label: Label) -> Finding:
    key = re.sub(r"Grants\[0\]\.?|\[\d+\]$", "", mistake.path)
    return replace(mistake, subject=label(key))


def _unknown_environments(
    entry: Entry, label: Label, environments: Collection[str]
) -> Iterator[Finding]:
    names: Sequence[str] = entry.get("Environments", ())
    for name in names:
        well_formed = re.fullmatch(ENVIRONMENT_NAME, name)
        if name != EVERY_ENVIRONMENT and well_formed and name not in environments:
            yield unknown_environment(name, label("Environments"), environments)


def check_roles(roles: Sequence[str]) -> None:
    """Raise InputError where a role was named that Airflow does not have."""
    for role in roles:
        if role not in ROLES:
            near = nearest(role, ROLES)
            reason = f"{console.printable(role)} is none of: {', '.join(reversed(ROLES))}."
            raise mistyped("--role", reason, f"Did you mean {near}?" if near else None)


def principals(users: Iterable[str] | None, groups: Iterable[str] | None) -> list[str]:
    """The table's keys for people and groups."""
    return [
        *(f"user:{user.casefold()}" for user in users or ()),
        *(f"group:{group}" for group in groups or ()),
    ]


def asked_environments(names: Sequence[str] | None, *, everywhere: bool) -> list[str]:
    """The environments that two options name between them."""
    return [*(names or ()), *([EVERY_ENVIRONMENT] if everywhere else ())]
