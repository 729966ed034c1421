"""The person that verified claims describe, and the principals that grants may name them by."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from authenticator.errors import NO_ADDRESS, RefusedError
from authenticator.request import plain_text

MAX_NAME = 80
MAX_GROUP_BYTES = 1024
MAX_SESSION_NAME = 64
_ADDRESS = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,189}")
_NOT_IN_SESSION_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Person:
    """An e-mail address in lower case, and the groups that the identity provider tells.

    `name` is what the provider calls the person, for their own eyes: nothing is decided by it.
    """

    email: str
    groups: tuple[str, ...]
    name: str | None = None

    @property
    def principals(self) -> tuple[str, ...]:
        """The partition keys of the grants table that speak of this person."""
        return f"user:{self.email}", *(f"group:{group}" for group in self.groups)

    @property
    def session_name(self) -> str:
        """The address as STS and CloudTrail take it: `[\\w+=,.@-]{2,64}`.

        Where that changes or cuts it, a hash keeps two people apart.
        """
        name = _NOT_IN_SESSION_NAME.sub("_", self.email)
        if name == self.email and len(name) <= MAX_SESSION_NAME:
            return name
        digest = hashlib.sha256(self.email.encode()).hexdigest()[:10]
        return f"{name[: MAX_SESSION_NAME - len(digest) - 1]}-{digest}"


def read_person(claims: Mapping[str, Any], groups_claim: str) -> Person:
    """Read the claims; `RefusedError` without a verified address.

    An address must be ASCII: case folding turns some other letters (the Kelvin sign, the long s)
    into ASCII ones, and would let a look-alike sign in as somebody else.
    """
    email = claims.get("email")
    if not isinstance(email, str) or not _ADDRESS.fullmatch(email):
        raise RefusedError(NO_ADDRESS, "no usable e-mail address")
    if claims.get("email_verified", True) not in (True, "true"):
        raise RefusedError(NO_ADDRESS, "e-mail address not verified")
    return Person(email.casefold(), _groups(claims.get(groups_claim)), _name(claims))


def _name(claims: Mapping[str, Any]) -> str | None:
    """https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims"""
    parts = [claims.get("given_name"), claims.get("family_name")]
    whole = " ".join(part for part in parts if isinstance(part, str))
    for name in (claims.get("name"), whole):
        if isinstance(name, str) and (shown := plain_text(name, MAX_NAME)):
            return shown
    return None


def _groups(claim: object) -> tuple[str, ...]:
    """The group names in an array, a JSON array in a string, a comma list or `[a, b]`, in order.

    A group with a path (`/data/engineers`, Keycloak) also counts without its first slash. It is
    never shortened further: another parent may have a group of the same last name.
    """
    if isinstance(claim, str):
        claim = _listed(claim)
    if not isinstance(claim, list):
        return ()
    names: dict[str, None] = {}
    for name in claim:
        if isinstance(name, str) and _storable(name):
            names |= {name: None, name.removeprefix("/"): None}
    names.pop("", None)
    return tuple(names)


def _listed(claim: str) -> list[Any]:
    """The names within a string."""
    if not (claim.startswith("[") and claim.endswith("]")):
        return [name.strip() for name in claim.split(",")]
    if '"' in claim:
        with suppress(ValueError, RecursionError):
            return list(json.loads(claim))
    return [name.strip() for name in claim[1:-1].split(",")]


def _storable(name: str) -> bool:
    try:
        return len(name.encode()) <= MAX_GROUP_BYTES
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
