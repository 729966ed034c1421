"""Rules about `Grants`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from config.checks.finding import warning
from config.checks.messages import shown
from config.checks.partial import Partial, PartialFile
from config.grants import EVERY_ENVIRONMENT, Grant, principal_of
from config.model import Configuration
from config.nearest import nearest
from errors import Finding
from mwaa.quotas import LARGEST_EVENT

REST_OF_EVENT = 16 * 1024
"""Bytes of what CloudFormation says besides: ARNs, ids, the address for the answer."""
MOST_BYTES = (LARGEST_EVENT - REST_OF_EVENT) // 2
"""An update brings the former grants as well, which can be as many."""


def known_environments(file: PartialFile) -> Iterator[Finding]:
    """A grant names environments of the portal."""
    if not file.has_portal:
        return
    names = (each.get(lambda environment: environment.name) for each in file.environments.values())
    known = [name for name in names if name]
    quick_start = file.quick_start and file.quick_start.get(lambda each: each.mwaa_environment_name)
    for index, grant in file.grants.items():
        for position, name in enumerate(grant.get(lambda each: each.environments) or ()):
            if name in (EVERY_ENVIRONMENT, *known):
                continue
            near = nearest(name, known)
            remedy = f"Did you mean {near}?" if near else None
            if name == quick_start:
                remedy = "Through QuickStart everybody opens it under one role, without grants."
            yield Finding(
                place=("Grants", index, "Environments", position),
                message=f"{shown(name)} is no environment under MwaaEnvironments.",
                remedy=remedy,
            )


def unique_grants(file: PartialFile) -> Iterator[Finding]:
    """A principal has one grant in an environment."""
    if not file.has_portal:
        return
    first: dict[tuple[str, str], int] = {}
    for index, grant in file.grants.items():
        keys = _principal_in_environment(grant)
        for earlier in sorted({first.setdefault(key, index) for key in keys} - {index}):
            yield Finding(
                place=("Grants", index),
                message=f"Grants[{earlier}] has this principal and environment.",
                remedy="Join the two into one grant with all roles.",
            )


def event_size(file: PartialFile) -> Iterator[Finding]:
    """The grants fit the event that brings them into the table, beside the former ones."""
    size = sum(_size(each) for each in file.grants.values())
    if size > MOST_BYTES:
        yield Finding(
            place=("Grants",),
            message=f"They take about {size // 1024} KB, and a deployment can bring "
            f"{MOST_BYTES // 1024} KB into the table.",
            remedy='Grant roles to groups, or for "*"; or grant by hand: ./mwaa-platform grants.',
        )


def unreachable_groups(configuration: Configuration) -> Iterator[Finding]:
    """Groups with a first slash, which nobody is in where that is taken off."""
    for index, grant in enumerate(configuration.grants):
        if configuration.oidc.group_paths and (grant.group or "").startswith("/"):
            yield warning(
                ("Grants", index, "Group"),
                "nobody is in this group: with Oidc.GroupPaths a group is named without its first "
                "slash.",
            )


def unsent_groups(configuration: Configuration) -> Iterator[Finding]:
    """Grants to groups where the provider sends the load balancer none."""
    provider = configuration.oidc.provider_without_groups
    for index, grant in enumerate(configuration.grants):
        if provider and grant.group:
            yield warning(
                ("Grants", index, "Group"),
                f"{provider} sends no groups to the load balancer: this grant to group "
                f"{grant.group} never counts. Grant to people, by Subject.",
            )


def expired_grants(configuration: Configuration) -> Iterator[Finding]:
    """Grants whose end has passed."""
    for index, grant in enumerate(configuration.grants):
        if grant.expires and grant.expires <= datetime.now(UTC):
            yield warning(("Grants", index, "Expires"), "this grant has ended.")


def _principal_in_environment(grant: Partial[Grant]) -> Iterator[tuple[str, str]]:
    principal = principal_of(
        user=grant.get(lambda each: each.user),
        subject=grant.get(lambda each: each.subject),
        group=grant.get(lambda each: each.group),
    )
    environments = grant.get(lambda each: each.environments) or ()
    return ((principal, name) for name in environments if principal)


def _size(grant: Partial[Grant]) -> int:
    """Bytes of a grant in the event, where each environment has roles and an expiry of its own."""
    roles = json.dumps({"Roles": grant.get(lambda each: each.roles), "Expires": "0" * 10})
    environments = grant.get(lambda each: each.environments) or ()
    principal = json.dumps({"Principal": grant.get(_principal), "Environments": {}})
    return len(principal) + sum(len(json.dumps(name)) + len(roles) + 4 for name in environments)


def _principal(grant: Grant) -> str | None:
    return principal_of(user=grant.user, subject=grant.subject, group=grant.group)
