"""The decision: which roles the grants table gives a person, at this moment."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from authenticator.audit import write_line
from authenticator.aws import Aws
from authenticator.errors import UnavailableError
from authenticator.settings import ROLES

SOURCES = ("configuration", "manual")
EVERY_ENVIRONMENT = "*"
PRINCIPALS_PER_BATCH = 50  # BatchGetItem takes 100 keys
MAX_PRINCIPALS = 4 * PRINCIPALS_PER_BATCH
ATTEMPTS = 3
PAUSE_SECONDS = 0.1


def granted_roles(
    aws: Aws, table: str, principals: Sequence[str], environments: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The roles granted on each of `environments`, least powerful first; none, no key.

    An item is {principal, source, grants: {environment or "*": {roles, expires}}}, where `expires`
    is in seconds since 1970 and absent for ever. What is not of that form grants nothing.
    """
    now = time.time()
    granted: dict[str, set[str]] = {}
    for item in _items(aws, table, principals):
        for environment, grant in item.get("grants", {}).get("M", {}).items():
            named = environments if environment == EVERY_ENVIRONMENT else [environment]
            for name in named:
                granted.setdefault(name, set()).update(_roles(grant, now))
    return {
        name: roles
        for name in environments
        if (roles := tuple(role for role in ROLES if role in granted.get(name, ())))
    }


def _roles(grant: Mapping[str, Any], now: float) -> Collection[str]:
    """The roles of one grant, none of them after its expiry."""
    attributes = grant.get("M", {})
    try:
        if "expires" in attributes and not now < float(attributes["expires"]["N"]):
            return ()
        roles: list[str] = attributes["roles"]["SS"]
    except (KeyError, TypeError, ValueError):
        write_line(event="grants", decision="ignore", reason="malformed grant in the table")
        return ()
    return roles


def _items(aws: Aws, table: str, principals: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    if len(principals) > MAX_PRINCIPALS:
        write_line(
            event="grants",
            decision="ignore",
            reason=f"{len(principals)} principals, only the first {MAX_PRINCIPALS} are looked up",
        )
        principals = principals[:MAX_PRINCIPALS]
    for start in range(0, len(principals), PRINCIPALS_PER_BATCH):
        yield from _batch(aws, table, principals[start : start + PRINCIPALS_PER_BATCH])


def _batch(aws: Aws, table: str, principals: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    keys = [
        {"principal": {"S": principal}, "source": {"S": source}}
        for principal in principals
        for source in SOURCES
    ]
    # Consistent: a grant that was taken away must not live on for a moment.
    wanted: Any = {table: {"Keys": keys, "ConsistentRead": True}}
    for _ in range(ATTEMPTS):
        response = aws.call(aws.dynamodb.batch_get_item, RequestItems=wanted)
        try:
            yield from response["Responses"][table]
        except (KeyError, TypeError) as error:
            raise UnavailableError("batch_get_item: no items in the response") from error
        wanted = response.get("UnprocessedKeys")
        if not wanted:
            return
        time.sleep(PAUSE_SECONDS)
    raise UnavailableError("batch_get_item: keys left unprocessed")
