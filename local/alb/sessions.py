"""Sign-in sessions, stored encrypted in cookies only, as the ALB does.

AWS does not document what a session is bound to, so these are bound to as little as may be: the
client at the identity provider, and time. A cookie that a target has seen opens every rule with
the same client, under whatever name, host and load balancer; what must hold has to hold then.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from email.utils import formatdate
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from starlette.responses import Response

# Browsers limit a cookie's name and value together to 4,096 bytes.
SHARD_BYTES = 4096


@dataclass(frozen=True, kw_only=True)
class Session:
    """A user's session: the claims of the user info endpoint. `expires` is in epoch seconds.

    It is good for the client `client_id` of `issuer`.
    """

    issuer: str
    client_id: str
    claims: Mapping[str, Any]
    access_token: str
    expires: float


class Sessions:
    """The session cookies, encrypted with a key that lives as long as the process.

    All load balancers of a run share it.
    """

    def __init__(self) -> None:
        self._fernet = Fernet(Fernet.generate_key())

    def read(self, cookies: Mapping[str, str], name: str) -> Session | None:
        """The session in the shards `<name>-0`, `<name>-1`, …; None if it is missing or invalid."""
        shards = sorted((index, cookies[cookie]) for cookie, index in _shards(cookies, name))
        token = "".join(value for _, value in shards)
        # Python's decoder ignores what follows the padding.
        if not re.fullmatch(r"[\w-]+={0,2}", token, re.ASCII):
            return None
        try:
            content = json.loads(self._fernet.decrypt(token))
        except (InvalidToken, ValueError):
            return None
        session = Session(**content)
        return session if session.expires > time.time() else None

    def write(
        self, response: Response, session: Session, *, name: str, cookies: Mapping[str, str]
    ) -> None:
        """Sets the session's shards and expires the surplus ones of `cookies`."""
        token = self._fernet.encrypt(json.dumps(asdict(session)).encode()).decode()
        size = SHARD_BYTES - len(f"{name}-0=")
        shards = [token[start : start + size] for start in range(0, len(token), size)]
        for index, shard in enumerate(shards):
            set_cookie(response, f"{name}-{index}", shard, expires=session.expires)
        expire(response, [each for each, index in _shards(cookies, name) if index >= len(shards)])

    def forget(self, response: Response, *, name: str, cookies: Mapping[str, str]) -> None:
        """Expires every shard that the browser sent."""
        expire(response, [cookie for cookie, _ in _shards(cookies, name)])


def set_cookie(response: Response, name: str, value: str, *, expires: float | None = None) -> None:
    """Sets a cookie as the ALB does; without `expires` (epoch seconds), a session cookie."""
    expiry = "" if expires is None else f"; Expires={formatdate(expires, usegmt=True)}"
    # Without http.cookies, which puts quotes around values that contain a "=".
    response.headers.append("set-cookie", f"{name}={value}{expiry}; Path=/; Secure; HttpOnly")


def expire(response: Response, names: Iterable[str]) -> None:
    """Expires the cookies."""
    for name in names:
        set_cookie(response, name, "", expires=0)


def _shards(cookies: Mapping[str, str], name: str) -> list[tuple[str, int]]:
    numbered = ((each, re.fullmatch(rf"{re.escape(name)}-(\d)", each)) for each in cookies)
    return [(each, int(found[1])) for each, found in numbered if found]
