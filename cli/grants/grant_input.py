"""Validation of grants from the command line or a CSV file, by the configuration's rules."""

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
from cli.grants.grant_changes import Terms
from cli.lookup import option_error, unknown_environment
from config.checks.messages import explain
from config.grants import Grant, group_principal, subject_principal, user_principal
from config.nearest import nearest
from config.section import Section
from config.types import ENVIRONMENT_NAME
from errors import Finding

Entry = Mapping[str, Any]
"""A grant in the configuration's form: User, Subject or Group, Environments, Roles, Expires."""
Label = Callable[[str], str]
"""Function from a key of an entry to the user's name for it: an option, or a line and column."""

EVERY_GROUP = "*"

RequestedGrants = Mapping[str, Mapping[str, Terms]]
"""Terms to grant, by principal and environment."""


class _Entries(Section):
    grants: tuple[Grant, ...]


def validate_entry(
    entry: Entry, *, label: Label, environments: Collection[str]
) -> tuple[Grant | None, list[Finding]]:
    """Returns the grant of an entry, None where it is wrong, and every finding about it."""
    findings = list(_unknown_environments(entry, label, environments))
    document = {"Grants": [entry]}
    try:
        [grant] = _Entries.model_validate(document).grants
    except ValidationError as error:
        return None, [*(_relabelled(each, label) for each in explain(error, document)), *findings]
    if grant.expires and grant.expires.timestamp() <= time.time():
        message = "This moment has passed: nothing is granted."
        findings.append(Finding(subject=label("Expires"), message=message))
    return (None if findings else grant), findings


def requested_terms(grant: Grant) -> Terms:
    """Returns the content that an entry of the table needs for this grant."""
    expires = int(grant.expires.timestamp()) if grant.expires else None
    return Terms(frozenset(grant.roles), expires)


def _relabelled(finding: Finding, label: Label) -> Finding:
    key = re.sub(r"Grants\[0\]\.?|\[\d+\]$", "", finding.path)
    return replace(finding, subject=label(key))


def _unknown_environments(
    entry: Entry, label: Label, environments: Collection[str]
) -> Iterator[Finding]:
    names: Sequence[str] = entry.get("Environments", ())
    for name in names:
        well_formed = re.fullmatch(ENVIRONMENT_NAME, name)
        if name != EVERY_ENVIRONMENT and well_formed and name not in environments:
            yield unknown_environment(name, label("Environments"), environments)


def validate_roles(roles: Iterable[str]) -> None:
    """Raises InputError for a role that Airflow does not have."""
    for role in roles:
        if role not in ROLES:
            near = nearest(role, ROLES)
            reason = f"{console.printable(role)} is none of: {', '.join(reversed(ROLES))}."
            raise option_error("--role", reason, f"Did you mean {near}?" if near else None)


def refuse_every_group(groups: Iterable[str] | None) -> None:
    """Raises InputError where a group is named "*", which stands for nothing."""
    if EVERY_GROUP in (groups or ()):
        raise option_error("--group", "This must be the name of a group.", "Name the group.")


def principals(
    users: Iterable[str] | None, subjects: Iterable[str] | None, groups: Iterable[str] | None
) -> list[str]:
    """Returns the table's keys of people and groups."""
    return [
        *map(user_principal, users or ()),
        *map(subject_principal, subjects or ()),
        *map(group_principal, groups or ()),
    ]


def requested_environments(names: Iterable[str] | None, *, every: bool) -> list[str]:
    """Returns the environments that --environment and --all-environments name."""
    return [*(names or ()), *([EVERY_ENVIRONMENT] if every else ())]
