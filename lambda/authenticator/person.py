"""Person of verified claims, and the principals under which grants name the person."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from authenticator.errors import NO_ADDRESS, NO_SUBJECT, RefusedError
from authenticator.request import plain_text

MAX_NAME_LENGTH = 80
MAX_LOGGED_LENGTH = 254
MAX_GROUP_BYTES = 1024
MAX_SESSION_NAME_LENGTH = 64
ADDRESS = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,189}")
SUBJECT = r"[!-~](?:[ -~]{0,253}[!-~])?"
"""Printable ASCII, 255 characters at most: OpenID Connect Core, section 2."""
_SUBJECT = re.compile(SUBJECT)
_NOT_IN_SESSION_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Person:
    """E-mail address in lower case, subject and groups from the identity provider.

    `name` is only shown to the person: no decision depends on it.
    """

    email: str
    subject: str
    groups: tuple[str, ...]
    name: str | None = None

    @property
    def principals(self) -> tuple[str, ...]:
        """Partition keys of the person's grants in the table."""
        return f"user:{self.email}", *(f"group:{group}" for group in self.groups)

    @property
    def session_name(self) -> str:
        """The address in the form of STS: `[\\w+=,.@-]{2,64}`.

        A hash distinguishes addresses that this form changes or truncates.
        """
        name = _NOT_IN_SESSION_NAME.sub("_", self.email)
        if name == self.email and len(name) <= MAX_SESSION_NAME_LENGTH:
            return name
        digest = hashlib.sha256(self.email.encode()).hexdigest()[:10]
        return f"{name[: MAX_SESSION_NAME_LENGTH - len(digest) - 1]}-{digest}"


def read_person(claims: Mapping[str, Any], groups_claim: str) -> Person:
    """Reads the claims; raises `RefusedError` without a verified address and a subject.

    An address must be ASCII: case folding turns some other letters (the Kelvin sign, the long s)
    into ASCII ones, so that a similar address could sign in as somebody else.
    """
    email = claims.get("email")
    if not isinstance(email, str) or not ADDRESS.fullmatch(email):
        raise RefusedError(NO_ADDRESS, "no usable e-mail address")
    if claims.get("email_verified", True) not in (True, "true"):
        raise RefusedError(NO_ADDRESS, "e-mail address not verified")
    groups = _groups(claims.get(groups_claim))
    return Person(email.casefold(), _subject(claims), groups, _name(claims))


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise RefusedError(NO_SUBJECT, "no usable subject")
    return subject


def claimed_identity(claims: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Address and subject as the provider sent them, cut to one line, for the log alone."""
    values = (claims.get("email"), claims.get("sub"))
    email, subject = (
        plain_text(value, MAX_LOGGED_LENGTH) if isinstance(value, str) else None for value in values
    )
    return email, subject


def _name(claims: Mapping[str, Any]) -> str | None:
    """https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims"""
    parts = [claims.get("given_name"), claims.get("family_name")]
    whole = " ".join(part for part in parts if isinstance(part, str))
    for name in (claims.get("name"), whole):
        if isinstance(name, str) and (shown := plain_text(name, MAX_NAME_LENGTH)):
            return shown
    return None


def _groups(claim: object) -> tuple[str, ...]:
    """Group names, in order, of an array or of a text: a JSON array, `a, b` or `[a, b]`.

    A group with a path (`/data/engineers`, Keycloak) also counts without its first slash, but not
    by its last name alone: groups of different parents may share it.
    """
    if isinstance(claim, str):
        claim = _split(claim)
    if not isinstance(claim, list):
        return ()
    names: dict[str, None] = {}
    for name in claim:
        if isinstance(name, str) and _storable(name):
            names |= {name: None, name.removeprefix("/"): None}
    names.pop("", None)
    return tuple(names)


def _split(claim: str) -> list[Any]:
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
