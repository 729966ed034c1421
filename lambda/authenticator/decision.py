"""Decision on who may open what: the contract, and the decision that the platform ships.

`decide` is asked once a request, about a person and every environment that the request is about. A
team replaces it with a function of the same name and signature in a module of its own, which takes
`Question`, `RoleAccess` and `Answer` from here. A blocked person is refused before it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class RoleAccess(NamedTuple):
    """Access under one role: until when, and why.

    `expires` is in seconds since 1970, None for without an end; `reason` is for the log.
    """

    expires: float | None
    reason: str


Answer = Mapping[str, Mapping[str, RoleAccess]]
"""Environment to role to access. An environment or a role without access has no key."""


class Question(NamedTuple):
    """Who asks, about which environments.

    `address` is the verified e-mail address in lower case, `subject` the provider's `sub`, `groups`
    are the names in the groups claim. `granted` is what the grants of the table give this person in
    these environments: a decision may take it as it is, change it or ignore it.
    """

    address: str
    subject: str
    groups: tuple[str, ...]
    environments: tuple[str, ...]
    granted: Answer


def decide(question: Question) -> Answer:
    """Returns what the person may open: here, what the grants give."""
    return question.granted
