"""Links that open an environment, and the proof that the portal itself wrote one.

A browser that has been to the portal has a cookie with a random secret; each link of the portal
carries a value that is derived from it. Sec-Fetch-Site would not show the same: it does not survive
the redirects of a sign-in.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from urllib.parse import urlencode

from authenticator.request import AlbRequest
from authenticator.web_login import web_login_path

PATH = web_login_path(2)
COOKIE = "__Host-mwaa-platform-portal"
"""Browsers let no other host set a cookie of this prefix, not even one below the same domain."""
_SPACE = " \t"
"""What browsers strip as well, and no more: a sibling may set a cookie for the parent domain whose
name is ours after another space of Unicode, which is no prefix for a browser."""
PROOF = "portal"
"""Parameter of a link with the proof."""
GATE = "gate"
"""Parameter of a link to the gate of an environment's host, which leads back to the portal."""
_SECRET = re.compile(r"[0-9a-f]{32}")


def read_secret(request: AlbRequest) -> str | None:
    """Secret of the browser's cookie; None without one that the portal could have set."""
    found = [
        value.strip(_SPACE)
        for header in request.headers.get("cookie", [])
        for name, _, value in (cookie.partition("=") for cookie in header.split(";"))
        if name.strip(_SPACE) == COOKIE
    ]
    return found[0] if len(found) == 1 and _SECRET.fullmatch(found[0]) else None


def new_secret() -> str:
    """Secret for the cookie of a browser that has none."""
    return secrets.token_hex(16)


def set_cookie(secret: str) -> str:
    """Set-Cookie value of the secret, which ends with the browser's session.

    Lax, because a sign-in returns to the link from the provider's site.
    """
    return f"{COOKIE}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax"


def link(environment: str, role: str, secret: str) -> str:
    """Path and query of the portal's own link."""
    return f"{PATH}?{link_query(environment, role, _proof(secret, environment, role))}"


def link_query(environment: str, role: str, proof: str) -> str:
    """Query of a link, with its proof."""
    return urlencode({"mwaa_env": environment, "rbac_role": role, PROOF: proof})


def has_proof(request: AlbRequest, environment: str, role: str) -> bool:
    """Whether the portal wrote the request's link for this browser."""
    secret, values = read_secret(request), request.parameters.get(PROOF, [])
    if secret is None or len(values) != 1 or not values[0].isascii():
        return False
    return hmac.compare_digest(values[0], _proof(secret, environment, role))


def gate_url(ui_host: str, request: AlbRequest, environment: str, role: str) -> str:
    """URL of a request's link at the gate of an environment's host."""
    query = {GATE: "1", "mwaa_env": environment, "rbac_role": role}
    if has_proof(request, environment, role):
        query[PROOF] = request.parameters[PROOF][0]
    return f"https://{ui_host}{PATH}?{urlencode(query)}"


def _proof(secret: str, environment: str, role: str) -> str:
    text = f"{environment}/{role}".encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:32]
