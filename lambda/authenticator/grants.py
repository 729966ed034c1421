"""Grants of the table, and the roles that they give a person at a moment.

`read_grants` and `effective_roles` call nothing, so that the commands explain an access by the code
that decides it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from authenticator.aws import AwsClients
from authenticator.decision import Question, RoleAccess
from authenticator.errors import UnavailableError
from authenticator.person import Person
from authenticator.settings import ROLES

SOURCES = ("configuration", "manual")
EVERY_ENVIRONMENT = "*"
LATEST_EXPIRY = 253_402_300_799
"""End of the year 9999, in seconds since 1970. A greater number is of another unit."""
PRINCIPALS_PER_BATCH = 50  # of two keys each; BatchGetItem takes 100
MAX_PRINCIPALS = 4 * PRINCIPALS_PER_BATCH
MAX_ATTEMPTS = 3
RETRY_DELAY_SECONDS = 0.1

Item = Mapping[str, Any]
"""Item of the table in the form of DynamoDB's low-level API."""

EffectiveRoles = dict[str, dict[str, RoleAccess]]
"""Environment to role, least powerful first, to its access.

An environment without a role has no key.
"""


class TableGrant(NamedTuple):
    """Grant of the table, evaluated at a moment.

    `environment` is a name or `EVERY_ENVIRONMENT`; `roles` are default roles of Airflow, least
    powerful first; `expires` is in seconds since 1970, None for never. Only an `active` grant gives
    access: it has a role and has not expired. `problem` says what in it is ignored.
    """

    principal: str
    source: str
    environment: str
    roles: tuple[str, ...] = ()
    expires: float | None = None
    active: bool = False
    problem: str | None = None


def read_grants(items: Iterable[Item], now: float) -> Iterator[TableGrant]:
    """Yields every grant of the items, including expired and malformed ones.

    An item is {principal, source, grants: {environment or "*": {roles, expires}}}. What has another
    form gives no access and does not affect other grants.
    """
    for item in items:
        principal, source = _text(item, "principal"), _text(item, "source")
        try:
            grants = item["grants"]["M"].items()
        except (AttributeError, KeyError, TypeError):
            yield TableGrant(principal, source, "", problem="its grants are not a map")
            continue
        for environment, attributes in grants:
            yield TableGrant(principal, source, environment, *_evaluated(attributes, now))


def effective_roles(grants: Iterable[TableGrant], environments: Collection[str]) -> EffectiveRoles:
    """Roles that the active grants give together, for each of `environments`.

    If several grants give a role, its expiry and reason are those of the grant that expires last.
    """
    deciding: dict[str, dict[str, TableGrant]] = {}
    for grant in grants:
        if grant.active:
            roles = deciding.setdefault(grant.environment, {})
            for role in grant.roles:
                roles[role] = max(grant, roles.get(role, grant), key=_rank)
    every = deciding.get(EVERY_ENVIRONMENT, {})
    return {
        name: _merged(every, own)
        for name in environments
        if (own := deciding.get(name, {})) or every
    }


def question_about(
    person: Person, grants: Iterable[TableGrant], environments: Collection[str]
) -> Question:
    """Question to the decision, about a person with these grants."""
    return Question(
        address=person.email,
        subject=person.subject,
        groups=person.groups,
        environments=tuple(environments),
        granted=effective_roles(grants, environments),
    )


def look_up_items(aws: AwsClients, table: str, principals: Sequence[str]) -> Iterator[Item]:
    """Yields the table's items of the first `MAX_PRINCIPALS` principals."""
    lookup = principals[:MAX_PRINCIPALS]
    for start in range(0, len(lookup), PRINCIPALS_PER_BATCH):
        yield from _batch(aws, table, lookup[start : start + PRINCIPALS_PER_BATCH])


def _evaluated(
    attributes: Any, now: float
) -> tuple[tuple[str, ...], float | None, bool, str | None]:
    """Fields of a `TableGrant` from `roles` on."""
    try:
        grant = attributes["M"]
        named = set(grant["roles"]["SS"])
    except (KeyError, TypeError):
        return (), None, False, "its roles are not a set of strings"
    roles = tuple(role for role in ROLES if role in named)
    unknown = named.difference(ROLES)
    problem = f"no roles of Airflow: {sorted(map(str, unknown))}" if unknown else None
    if "expires" not in grant:
        return roles, None, bool(roles), problem
    try:
        expires = float(grant["expires"]["N"])
    except (KeyError, TypeError, ValueError):
        expires = inf
    if not expires <= LATEST_EXPIRY:  # a NaN compares as False
        return roles, None, False, "its expiry is not a number of seconds since 1970"
    return roles, expires, bool(roles) and now < expires, problem


def _merged(
    every: Mapping[str, TableGrant], own: Mapping[str, TableGrant]
) -> dict[str, RoleAccess]:
    grants = {
        role: max((each[role] for each in (every, own) if role in each), key=_rank)
        for role in ROLES
        if role in every or role in own
    }
    return {role: RoleAccess(each.expires, _reason(each)) for role, each in grants.items()}


def _reason(grant: TableGrant) -> str:
    """The grant as the reason of an access."""
    return f"{grant.principal}, {grant.source}, {grant.environment}"


def _rank(grant: TableGrant) -> tuple[float, str, str, str]:
    """Order of grants that give one role; the table returns them in no order."""
    end = inf if grant.expires is None else grant.expires
    return end, grant.principal, grant.source, grant.environment


def _text(item: Item, key: str) -> str:
    try:
        return str(item[key]["S"])
    except (KeyError, TypeError):
        return ""


def _batch(aws: AwsClients, table: str, principals: Sequence[str]) -> Iterator[Item]:
    keys = [
        {"principal": {"S": principal}, "source": {"S": source}}
        for principal in principals
        for source in SOURCES
    ]
    # Consistent: a revoked grant gives no access from then on.
    requested: Any = {table: {"Keys": keys, "ConsistentRead": True}}
    for _ in range(MAX_ATTEMPTS):
        response = aws.call(aws.dynamodb.batch_get_item, RequestItems=requested)
        yield from _response_items(response, table)
        requested = response.get("UnprocessedKeys")
        if not requested:
            return
        time.sleep(RETRY_DELAY_SECONDS)
    raise UnavailableError("batch_get_item: keys left unprocessed")


def _response_items(response: Mapping[str, Any], table: str) -> list[Item]:
    try:
        items = response["Responses"][table]
    except (KeyError, TypeError) as error:
        raise UnavailableError("batch_get_item: no items in the response") from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnavailableError("batch_get_item: no items in the response")
    return items
