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
"""Sources of grants."""
BLOCK = "block"
"""Source of an item that blocks its principal (`authenticator.blocks`)."""
EVERY_ENVIRONMENT = "*"
LATEST_EXPIRY = 253_402_300_799
"""End of the year 9999, in seconds since 1970. A greater number is of another unit."""
KEYS_PER_BATCH = 100  # the maximum of BatchGetItem
MAX_PRINCIPALS = 199
"""Maximum number of principals a request: with the keys of two blocks they fill four batches."""
MAX_ATTEMPTS = 3
ITEM_ATTRIBUTES = frozenset({"principal", "source", "grants"})
ENTRY_ATTRIBUTES = frozenset({"roles", "expires"})
RETRY_DELAY_SECONDS = 0.1

Item = Mapping[str, Any]
"""Item of the table in the form of DynamoDB's low-level API."""

Key = tuple[str, str]
"""Principal and source of an item."""

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
    form, or an attribute more, gives no access and does not affect other grants: who writes
    `Expires` means an end. Blocks are no grants.
    """
    for item in items:
        principal, source = read_text(item, "principal"), read_text(item, "source")
        if source == BLOCK:
            continue
        problem = item_problem(item)
        for environment, attributes in _entries(item).items():
            fields = ((), None, False, problem) if problem else _evaluated(attributes, now)
            yield TableGrant(principal, source, environment, *fields)


def item_problem(item: Item) -> str | None:
    """Reason for which an item of grants gives no access, or None."""
    source = read_text(item, "source")
    if source not in SOURCES:
        return f"the sign-in reads no source {source!r}"
    if unknown := item.keys() - ITEM_ATTRIBUTES:
        return _unknown_attributes("the item", unknown)
    return None if isinstance(_map(item.get("grants")), dict) else "its grants are not a map"


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


def grant_keys(principals: Sequence[str]) -> list[Key]:
    """Keys of the items that hold grants of the first `MAX_PRINCIPALS` principals."""
    return [(principal, source) for principal in principals[:MAX_PRINCIPALS] for source in SOURCES]


def look_up_items(aws: AwsClients, table: str, keys: Sequence[Key]) -> Iterator[Item]:
    """Yields the items that the table has of these keys."""
    for start in range(0, len(keys), KEYS_PER_BATCH):
        yield from _batch(aws, table, keys[start : start + KEYS_PER_BATCH])


def read_text(item: Item, name: str) -> str:
    """Text of an attribute; empty for any other type."""
    try:
        return str(item[name]["S"])
    except (KeyError, TypeError):
        return ""


def read_seconds(item: Item, name: str) -> float | None:
    """Moment of an attribute in seconds since 1970; None where it is not one."""
    try:
        seconds = float(item[name]["N"])
    except (KeyError, TypeError, ValueError):
        return None
    return seconds if -inf < seconds <= LATEST_EXPIRY else None  # a NaN compares as False


def _entries(item: Item) -> Mapping[str, Any]:
    """Entries of the item by environment; one of no environment where there is no map."""
    entries = _map(item.get("grants"))
    return entries if isinstance(entries, dict) else {"": None}


def _map(attribute: Any) -> Any:
    return attribute.get("M") if isinstance(attribute, dict) else None


def _unknown_attributes(of: str, names: Iterable[Any]) -> str:
    return f"{of} has unknown attributes: {sorted(map(str, names))}"


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
    if more := grant.keys() - ENTRY_ATTRIBUTES:
        return roles, None, False, _unknown_attributes("the entry", more)
    if "expires" not in grant:
        return roles, None, bool(roles), problem
    expires = read_seconds(grant, "expires")
    if expires is None:
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


def _batch(aws: AwsClients, table: str, keys: Sequence[Key]) -> Iterator[Item]:
    names = [{"principal": {"S": principal}, "source": {"S": source}} for principal, source in keys]
    # Consistent: a revoked grant gives no access from then on, and a block applies at once.
    requested: Any = {table: {"Keys": names, "ConsistentRead": True}}
    for _ in range(MAX_ATTEMPTS):
        response = aws.call(aws.dynamodb.batch_get_item, RequestItems=requested)
        yield from _response_items(response, table, frozenset(keys))
        requested = response.get("UnprocessedKeys")
        if not requested:
            return
        time.sleep(RETRY_DELAY_SECONDS)
    raise UnavailableError("batch_get_item: keys left unprocessed")


def _response_items(response: Mapping[str, Any], table: str, keys: Collection[Key]) -> list[Item]:
    try:
        items = response["Responses"][table]
    except (KeyError, TypeError) as error:
        raise UnavailableError("batch_get_item: no items in the response") from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnavailableError("batch_get_item: no items in the response")
    for item in items:
        # An item without its key might be a block.
        if (read_text(item, "principal"), read_text(item, "source")) not in keys:
            raise UnavailableError("batch_get_item: an item that was not requested")
    return items
