"""Web login tokens of one machine: signed with a shared key, valid once and for 60 seconds.

Copied into Airflow's plugins folder, so it imports nothing of the project. It reads three
variables: MWAA_LOCAL_ENVIRONMENT (name), MWAA_LOCAL_TOKEN_KEY (file with the HMAC key) and
MWAA_LOCAL_USED_TOKENS (folder of the ids of used tokens).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import jwt

ROLES = frozenset({"Admin", "Op", "User", "Viewer", "Public"})
LIFETIME_SECONDS = 60
CLAIMS = ("env", "role", "sub", "iat", "exp", "jti")


class TokenError(Exception):
    """A token is invalid; the message contains nothing of the token."""


@dataclass(frozen=True)
class AirflowLogin:
    """The identity in a token: Airflow's user name and the role."""

    user: str
    role: str


def redeem(token: str) -> AirflowLogin:
    """Validates the token and marks it as used; returns its identity. Raises TokenError."""
    try:
        claims = jwt.decode(
            token,
            Path(os.environ["MWAA_LOCAL_TOKEN_KEY"]).read_bytes(),
            algorithms=["HS256"],
            options={"require": list(CLAIMS)},
        )
    except jwt.InvalidTokenError as error:
        raise TokenError(type(error).__name__) from None
    if claims["env"] != os.environ["MWAA_LOCAL_ENVIRONMENT"]:
        raise TokenError("another environment's token")
    if claims["role"] not in ROLES:
        raise TokenError("unknown role")
    if claims["exp"] - claims["iat"] > LIFETIME_SECONDS:
        raise TokenError("too long a lifetime")
    _mark_as_used(str(claims["jti"]))
    return AirflowLogin(user=str(claims["sub"]), role=claims["role"])


def _mark_as_used(identifier: str) -> None:
    used = Path(os.environ["MWAA_LOCAL_USED_TOKENS"])
    used.mkdir(parents=True, exist_ok=True)
    try:
        # Exclusive creation: of two simultaneous requests only one succeeds.
        (used / hashlib.sha256(identifier.encode()).hexdigest()).touch(exist_ok=False)
    except FileExistsError:
        raise TokenError("used before") from None
