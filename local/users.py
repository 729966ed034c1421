"""Users of the local identity provider, derived from the grants of the configuration."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from config.grants import Grant, group_principal
from config.model import Configuration

STRANGER = "stranger@example.com"


def groups_by_user(grants: Iterable[Grant]) -> dict[str, list[str]]:
    """The groups of each user, by e-mail address.

    Every user with a grant, by address or by subject, one member of each group with a grant, and a
    user without access.
    """
    users: dict[str, list[str]] = {}
    for grant in grants:
        if grant.user:
            users.setdefault(grant.user.casefold(), [])
        elif grant.subject:
            users.setdefault(_person(grant.subject), [])
        elif grant.group:
            groups = users.setdefault(_member(grant.group), [])
            # Groups whose names differ only in characters that an address lacks share a member.
            groups += [] if grant.group in groups else [grant.group]
    return {**users, STRANGER: []}


def claims_by_user(configuration: Configuration) -> dict[str, dict[str, Any]]:
    """What the local provider says of each user beside the address, in the configured form."""
    prefix = "/" if configuration.oidc.group_paths else ""
    subjects = _subjects(configuration.grants)
    return {
        email: {"groups": [f"{prefix}{group}" for group in groups]}
        | ({"sub": subjects[email]} if email in subjects else {})
        for email, groups in groups_by_user(configuration.grants).items()
    }


def access_by_user(users: Mapping[str, list[str]], configuration: Configuration) -> dict[str, str]:
    """The access of each user as a text: environments and roles, or who decides it."""
    everybody = [
        f"{each.mwaa_environment_name} as {each.rbac_role_name}"
        for each in (configuration.quick_start,)
        if each
    ]
    if decision := configuration.authenticator.decision:
        return dict.fromkeys(users, "; ".join([*everybody, f"what {decision.module.name} decides"]))
    access = {email: [*everybody] for email in users}
    subjects = _subjects(configuration.grants)
    for grant in configuration.grants:
        sentence = f"{_environments(grant)} as {', '.join(grant.roles)}"
        for email, groups in users.items():
            subject = f"subject:{subjects.get(email)}"
            if grant.principal in {f"user:{email}", subject, *map(group_principal, groups)}:
                access[email].append(sentence)
    return {email: "; ".join(sentences) or "nothing" for email, sentences in access.items()}


def _environments(grant: Grant) -> str:
    return "every environment" if "*" in grant.environments else ", ".join(grant.environments)


def _subjects(grants: Iterable[Grant]) -> dict[str, str]:
    """The `sub` of users with a grant by subject; the provider makes that of all others."""
    return {_person(grant.subject): grant.subject for grant in grants if grant.subject}


def _person(subject: str) -> str:
    # Subjects that differ in their case are different people.
    digest = hashlib.sha256(subject.encode()).hexdigest()[:8]
    return f"subject-{digest}@example.com"


def _member(group: str) -> str:
    return f"{re.sub(r'[^a-z0-9]+', '-', group.lower()).strip('-')}-member@example.com"
