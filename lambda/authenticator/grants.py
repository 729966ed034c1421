"""The decision: which roles the grants table gives a person, at this moment.

`explain` and `decide` are pure, so that whoever asks why reads the very decision that was made.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from authenticator.errors import UnavailableError
from authenticator.settings import ROLES

if TYPE_CHECKING:
    from authenticator.aws import Aws

SOURCES = ("configuration", "manual")
EVERY_ENVIRONMENT = "*"
LATEST_EXPIRY = 253_402_300_799
"""The last second of the year 9999; what lies beyond was not meant in seconds."""
PRINCIPALS_PER_BATCH = 50  # BatchGetItem takes 100 keys
MAX_PRINCIPALS = 4 * PRINCIPALS_PER_BATCH
ATTEMPTS = 3
PAUSE_SECONDS = 0.1

Item = Mapping[str, Any]
"""An item of the table as DynamoDB's low-level interface gives it."""

Decision = dict[str, dict[str, float | None]]
"""Environment to role, least powerful first, to the moment it ends, in seconds since 1970.

None where it does not end; an environment without a role has no key.
"""


class Grant(NamedTuple):
    """One grant of the table, and what it comes to at a moment.

    `environment` is a name or `EVERY_ENVIRONMENT`; `roles` are those that Airflow knows, least
    powerful first; `expires` is in seconds since 1970, None for never. A grant counts only if it
    is `active`: not yet ended, with at least one role. `problem` says what in it is ignored.
    """

    principal: str
    source: str
    environment: str
    roles: tuple[str, ...] = ()
    expires: float | None = None
    active: bool = False
    problem: str | None = None


def explain(items: Iterable[Item], now: float) -> Iterator[Grant]:
    """Every grant in the items, those included that have ended or are malformed.

    An item is {principal, source, grants: {environment or "*": {roles, expires}}}. What is not of
    that form grants nothing and spoils nothing else.
    """
    for item in items:
        principal, source = _text(item, "principal"), _text(item, "source")
        try:
            grants = item["grants"]["M"].items()
        except (AttributeError, KeyError, TypeError):
            yield Grant(principal, source, "", problem="its grants are not a map")
            continue
        for environment, attributes in grants:
            yield Grant(principal, source, environment, *_read(attributes, now))


def decide(grants: Iterable[Grant], environments: Collection[str]) -> Decision:
    """What the active grants add up to, for each of `environments`.

    Where several give a role, it ends with the last of them.
    """
    ends: dict[str, dict[str, float]] = {}
    for grant in grants:
        if grant.active:
            roles = ends.setdefault(grant.environment, {})
            end = inf if grant.expires is None else grant.expires
            for role in grant.roles:
                roles[role] = max(end, roles.get(role, end))
    every = ends.get(EVERY_ENVIRONMENT, {})
    return {
        name: {role: None if end == inf else end for role, end in _by_power(every, own).items()}
        for name in environments
        if (own := ends.get(name, {})) or every
    }


def read_items(aws: Aws, table: str, principals: Sequence[str]) -> Iterator[Item]:
    """The table's items for the first `MAX_PRINCIPALS` of the principals."""
    looked_up = principals[:MAX_PRINCIPALS]
    for start in range(0, len(looked_up), PRINCIPALS_PER_BATCH):
        yield from _batch(aws, table, looked_up[start : start + PRINCIPALS_PER_BATCH])


def _read(attributes: Any, now: float) -> tuple[tuple[str, ...], float | None, bool, str | None]:
    """The fields of a `Grant` from `roles` on."""
    try:
        grant = attributes["M"]
        told = set(grant["roles"]["SS"])
    except (KeyError, TypeError):
        return (), None, False, "its roles are not a set of strings"
    roles = tuple(role for role in ROLES if role in told)
    unknown = told.difference(ROLES)
    problem = f"no roles of Airflow: {sorted(map(str, unknown))}" if unknown else None
    if "expires" not in grant:
        return roles, None, bool(roles), problem
    try:
        expires = float(grant["expires"]["N"])
    except (KeyError, TypeError, ValueError):
        expires = inf
    if not expires <= LATEST_EXPIRY:  # so written that no number passes for one
        return roles, None, False, "its expiry is not a number of seconds since 1970"
    return roles, expires, bool(roles) and now < expires, problem


def _by_power(every: Mapping[str, float], own: Mapping[str, float]) -> dict[str, float]:
    return {
        role: max(every.get(role, -inf), own.get(role, -inf))
        for role in ROLES
        if role in every or role in own
    }


def _text(item: Item, key: str) -> str:
    try:
        return str(item[key]["S"])
    except (KeyError, TypeError):
        return ""


def _batch(aws: Aws, table: str, principals: Sequence[str]) -> Iterator[Item]:
    keys = [
        {"principal": {"S": principal}, "source": {"S": source}}
        for principal in principals
        for source in SOURCES
    ]
    # Consistent: a grant that was taken away must not live on for a moment.
    wanted: Any = {table: {"Keys": keys, "ConsistentRead": True}}
    for _ in range(ATTEMPTS):
        response = aws.call(aws.dynamodb.batch_get_item, RequestItems=wanted)
        yield from _answered(response, table)
        wanted = response.get("UnprocessedKeys")
        if not wanted:
            return
        time.sleep(PAUSE_SECONDS)
    raise UnavailableError("batch_get_item: keys left unprocessed")


def _answered(response: Mapping[str, Any], table: str) -> list[Item]:
    try:
        items = response["Responses"][table]
    except (KeyError, TypeError) as error:
        raise UnavailableError("batch_get_item: no items in the response") from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnavailableError("batch_get_item: no items in the response")
    return items
