"""Who can sign in at the local identity provider: whom the configuration grants something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from config.grants import Grant
from config.model import Configuration

STRANGER = "stranger@example.com"


def groups_by_user(grants: Iterable[Grant]) -> dict[str, list[str]]:
    """E-mail addresses and the groups of each.

    Every user that is granted something, one member of every group, and a stranger.
    """
    people: dict[str, list[str]] = {}
    for grant in grants:
        if grant.user:
            people.setdefault(grant.user.casefold(), [])
        elif grant.group:
            groups = people.setdefault(_member(grant.group), [])
            # Names that differ only in what an address cannot hold share a member.
            groups += [] if grant.group in groups else [grant.group]
    return {**people, STRANGER: []}


def access_by_user(people: Mapping[str, list[str]], configuration: Configuration) -> dict[str, str]:
    """For each person, in words, the environments and roles that the configuration gives."""
    everybody = [
        f"{each.mwaa_environment_name} as {each.rbac_role_name}"
        for each in (configuration.quick_start,)
        if each
    ]
    access = {email: [*everybody] for email in people}
    for grant in configuration.grants:
        sentence = f"{_environments(grant)} as {', '.join(grant.roles)}"
        for email, groups in people.items():
            if grant.principal in {f"user:{email}", *(f"group:{group}" for group in groups)}:
                access[email].append(sentence)
    return {email: "; ".join(sentences) or "nothing" for email, sentences in access.items()}


def _environments(grant: Grant) -> str:
    return "every environment" if "*" in grant.environments else ", ".join(grant.environments)


def _member(group: str) -> str:
    return f"{re.sub(r'[^a-z0-9]+', '-', group.lower()).strip('-')}-member@example.com"
