"""Person of verified claims, and the principals under which grants name the person."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from authenticator.errors import NO_ADDRESS, NO_SUBJECT, RefusedError
from authenticator.request import plain_text

MAX_NAME_LENGTH = 80
MAX_LOGGED_LENGTH = 254
MAX_GROUP_BYTES = 1024
MAX_SESSION_NAME_LENGTH = 64
SUBJECT = r"[!-~](?:[ -~]{0,253}[!-~])?"
"""Printable ASCII, 255 characters at most: OpenID Connect Core, section 2."""
ADDRESS = re.compile(r"[!-?A-~]{1,64}@[!-?A-~]{1,189}")
_SUBJECT = re.compile(SUBJECT)
_NOT_IN_SESSION_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRules:
    """Rules for the claims of a deployment's identity provider.

    `groups_claim` is the claim with a person's groups, an array of texts. With `group_paths` a
    group is the path in it without the first slash; with `groups_as_text` the claim may also be a
    text with several names. Without `require_verified_email` the claim `email_verified` may be
    absent, but not false.
    """

    groups_claim: str = "groups"
    group_paths: bool = False
    groups_as_text: bool = False
    require_verified_email: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """E-mail address in lower case, subject and groups from the identity provider.

    `name` is only shown to the person, and `ignored` says what in the groups claim counts for
    nothing: no decision depends on either. Each group is there once, and they are sorted.
    """

    email: str
    subject: str
    groups: tuple[str, ...]
    name: str | None = None
    ignored: str | None = None

    @property
    def principals(self) -> tuple[str, ...]:
        """Partition keys of the person's grants in the table, each once, those of groups last."""
        groups = (f"group:{group}" for group in self.groups)
        return f"user:{self.email}", f"subject:{self.subject}", *groups

    @property
    def session_name(self) -> str:
        """The address in the form of STS: `[\\w+=,.@-]{2,64}`.

        A hash distinguishes addresses that this form changes or truncates. It stands after `@@`,
        which no address has.
        """
        name = _NOT_IN_SESSION_NAME.sub("_", self.email)
        if name == self.email and len(name) <= MAX_SESSION_NAME_LENGTH:
            return name
        digest = hashlib.sha256(self.email.encode()).hexdigest()[:12]
        return f"{name[: MAX_SESSION_NAME_LENGTH - len(digest) - 2]}@@{digest}"


def read_person(claims: Mapping[str, Any], rules: ClaimRules) -> Person:
    """Reads the claims; raises `RefusedError` without a verified address and a subject.

    An address must be ASCII: case folding turns some other letters (the Kelvin sign, the long s)
    into ASCII ones, so that a similar address could sign in as somebody else.
    """
    email = claims.get("email")
    if not isinstance(email, str) or not ADDRESS.fullmatch(email):
        raise RefusedError(NO_ADDRESS, "no usable e-mail address")
    if "email_verified" not in claims and rules.require_verified_email:
        raise RefusedError(NO_ADDRESS, "no claim email_verified, which the settings require")
    # Compared by type too: 1 equals True.
    verified = claims.get("email_verified", True)
    if verified is not True and verified != "true":
        raise RefusedError(NO_ADDRESS, "e-mail address not verified")
    groups, ignored = _groups(claims.get(rules.groups_claim), rules)
    return Person(email.casefold(), _subject(claims), groups, _name(claims), ignored)


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


def _groups(claim: object, rules: ClaimRules) -> tuple[tuple[str, ...], str | None]:
    """Names of the groups, and what in the claim counts for nothing.

    Sorted, so that the provider's order does not decide which of them exceed the maximum.
    """
    if isinstance(claim, str) and claim and not rules.groups_as_text:
        return (), "groups claim: a text, which counts only with Oidc.GroupsAsText"
    listed = _split(claim) if isinstance(claim, str) else claim
    names = {each for each in listed if isinstance(each, str)} if isinstance(listed, list) else ()
    if rules.group_paths:
        paths = {name for name in names if name.startswith("/")}
        without = len(names) - len(paths)
        ignored = f"groups claim: {without} names without a first slash" if without else None
        return _named(path[1:] for path in paths), ignored
    return _named(names), None


def _named(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in names if name and _storable(name)))


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
