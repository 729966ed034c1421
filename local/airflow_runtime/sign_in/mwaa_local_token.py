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


class TokenRefused(Exception):  # noqa: N818 - says what it is
    """Why a token signs nobody in; the text holds nothing of the token."""


@dataclass(frozen=True)
class WebLogin:
    """Whom a token signs in: Airflow's user name and the one role."""

    user: str
    role: str


def take(token: str) -> WebLogin:
    """Whom the token signs in; it is used up by this. Raises TokenRefused."""
    try:
        claims = jwt.decode(
            token,
            Path(os.environ["MWAA_LOCAL_TOKEN_KEY"]).read_bytes(),
            algorithms=["HS256"],
            options={"require": list(CLAIMS)},
        )
    except jwt.InvalidTokenError as error:
        raise TokenRefused(type(error).__name__) from None
    if claims["env"] != os.environ["MWAA_LOCAL_ENVIRONMENT"]:
        raise TokenRefused("another environment's token")
    if claims["role"] not in ROLES:
        raise TokenRefused("unknown role")
    if claims["exp"] - claims["iat"] > LIFETIME_SECONDS:
        raise TokenRefused("too long a lifetime")
    _use_up(str(claims["jti"]))
    return WebLogin(user=str(claims["sub"]), role=claims["role"])


def _use_up(identifier: str) -> None:
    used = Path(os.environ["MWAA_LOCAL_USED_TOKENS"])
    used.mkdir(parents=True, exist_ok=True)
    try:
        # Exclusive creation: of two requests at the same moment one is first.
        (used / hashlib.sha256(identifier.encode()).hexdigest()).touch(exist_ok=False)
    except FileExistsError:
        raise TokenRefused("used before") from None
