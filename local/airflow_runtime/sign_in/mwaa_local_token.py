"""Reads the web login tokens of one machine: signed with a shared key, for 60 seconds, once.

Copied into Airflow's plugins folder, so it imports nothing of the rest. Three variables tell it
what it needs: MWAA_LOCAL_ENVIRONMENT (name), MWAA_LOCAL_TOKEN_KEY (file with the HMAC key) and
MWAA_LOCAL_USED_TOKENS (folder of used tokens' ids).
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
    """Why a token signs nobody in; the text holds nothing of the token."""


@dataclass(frozen=True)
class AirflowLogin:
    """Whom a token signs in: Airflow's user name and the one role."""

    user: str
    role: str


def redeem(token: str) -> AirflowLogin:
    """Whom the token signs in; it is used up by this. Raises TokenError."""
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
    _use_up(str(claims["jti"]))
    return AirflowLogin(user=str(claims["sub"]), role=claims["role"])


def _use_up(identifier: str) -> None:
    used = Path(os.environ["MWAA_LOCAL_USED_TOKENS"])
    used.mkdir(parents=True, exist_ok=True)
    try:
        # Exclusive creation: of two requests at the same moment one is first.
        (used / hashlib.sha256(identifier.encode()).hexdigest()).touch(exist_ok=False)
    except FileExistsError:
        raise TokenError("used before") from None
