"""Items of the grants table as somebody may write them by hand.

What is not understood gives nothing: who writes `Expires` means an end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.attacks.attack import REFUSED, Attack, Place
from tests.attacks.target import ADMIN, STRANGER, Response, Target

PRINCIPAL = "user:stranger@example.com"
ROLES = {"roles": {"SS": ["Op", "Admin"]}}
LATER = {"N": str(int(time.time()) + 86_400)}

ENTRIES: tuple[Any, ...] = (
    *(
        {"M": {**ROLES, name: LATER}}
        for name in ("Expires", "EXPIRES", "expires ", "expiry", "expire", "ttl", "Roles", "x")
    ),
    {"M": {**ROLES, "expires": LATER, "Expires": {"N": "1"}}},
    *(
        {"M": {**ROLES, "expires": value}}
        for value in (
            {"S": LATER["N"]},
            {"S": "2099-01-01"},
            {"S": ""},
            {"N": f"{LATER['N']}000"},
            {"NULL": True},
            {"BOOL": True},
            {"L": [LATER]},
            {"M": {"N": LATER}},
        )
    ),
    *(
        {"M": {"roles": value}}
        for value in (
            {"S": "Admin"},
            {"S": "Op,Admin"},
            {"L": [{"S": "Admin"}]},
            {"M": {"Admin": {"BOOL": True}}},
            {"BOOL": True},
            {"SS": ["admin"]},
            {"SS": ["*"]},
        )
    ),
    {"M": {"Roles": ROLES["roles"]}},
    {"M": {}},
    {"SS": ["Admin"]},
    {"S": "Admin"},
    {"L": [{"M": ROLES}]},
)
"""Entries of an environment, in the form of DynamoDB's API."""

GRANTS = {"grants": {"M": {"*": {"M": ROLES}}}}
ITEMS: tuple[Any, ...] = (
    *(
        {**GRANTS, name: value}
        for name, value in (
            ("expires", LATER),
            ("Expires", LATER),
            ("Source", {"S": "manual"}),
            ("note", {"S": "until Friday"}),
        )
    ),
    {"Grants": GRANTS["grants"]},
    {"grants": {"L": [GRANTS["grants"]]}},
    {"grants": {"S": "*"}},
    {"environment": {"S": "*"}, **ROLES},
    {},
)
"""Items of a principal, without their key."""
SOURCES = ("Manual", "MANUAL", "manual ", "by hand", "Configuration", "Block", "grant")


def _entries(target: Target) -> Iterator[Response]:
    for number, entry in enumerate(ENTRIES):
        environment = ("analytics", "*")[number % 2]
        with target.item(PRINCIPAL, "manual", {"grants": {"M": {environment: entry}}}):
            yield target.open_as(STRANGER)


def _items(target: Target) -> Iterator[Response]:
    for item in ITEMS:
        with target.item(PRINCIPAL, "manual", item):
            yield target.open_as(STRANGER)
    for source in SOURCES:
        with target.item(PRINCIPAL, source, GRANTS):
            yield target.open_as(STRANGER)


def _blocks(target: Target) -> Iterator[Response]:
    """Of a person with grants, by items that say nothing, or say that they are over."""
    for attributes in (
        {"until": {"N": "1"}},
        {"expires": {"N": "1"}},
        {"blocked": {"BOOL": False}},
        {"since": {"NULL": True}, "by": {"N": "1"}, "reason": {"L": []}},
        {"since": {"B": b"\xff"}},
        {"since": {"N": "1E+125"}},
        GRANTS,
    ):
        for principal in ("user:admin@example.com", "subject:1"):
            with target.blocked(principal, attributes):
                yield target.open_as(ADMIN)


def _row(name: str, does: str, run: Callable[[Target], Iterator[Response]]) -> Attack:
    return Attack(f"grant by hand: {name}", does, Place.FUNCTION, REFUSED, run)


ATTACKS = (
    _row(
        "entries",
        "has grants with Expires for expires, another attribute more, or an end or roles of "
        "another type",
        _entries,
    ),
    _row(
        "items",
        "has grants in an item with an attribute more or too few, or of a source in another case",
        _items,
    ),
    _row(
        "blocks",
        "is blocked by an item that cannot be read, or that says that it is over, and has grants",
        _blocks,
    ),
)
