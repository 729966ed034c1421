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
_GATE_COOKIE = "__Host-mwaa-platform-gate"
_SPACE = " \t"
"""What browsers strip as well, and no more: a sibling may set a cookie for the parent domain whose
name is ours after another space of Unicode, which is no prefix for a browser."""
PROOF = "portal"
"""Parameter of a link with the proof."""
GATE = "gate"
"""Parameter of a link to the gate of an environment's host, which leads back to the portal."""
GATE_SECONDS = 300
"""Time for the way through the gate: a person whom the provider knows takes a second or two."""
_ATTRIBUTES = "; Path=/; Secure; HttpOnly; SameSite=Lax"
_SECRET = re.compile(r"[0-9a-f]{32}")


def read_secret(request: AlbRequest) -> str | None:
    """Secret of the browser's cookie; None without one that the portal could have set."""
    value = _cookie(request, COOKIE)
    return value if _SECRET.fullmatch(value) else None


def new_secret() -> str:
    """Secret for the cookie of a browser that has none."""
    return secrets.token_hex(16)


def set_cookie(secret: str) -> str:
    """Set-Cookie value of the secret, which ends with the browser's session.

    Lax, because a sign-in returns to the link from the provider's site.
    """
    return f"{COOKIE}={secret}{_ATTRIBUTES}"


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


def gate_url(ui_host: str, environment: str, role: str) -> str:
    """URL of a link at the gate of an environment's host, without the proof.

    The web server behind the gate sees the link, and must not be able to use it again.
    """
    query = urlencode({GATE: "1", "mwaa_env": environment, "rbac_role": role})
    return f"https://{ui_host}{PATH}?{query}"


def gate_cookies(request: AlbRequest, environment: str, role: str) -> list[str]:
    """Set-Cookie values by which the portal knows a link with a proof after the gate."""
    secret = read_secret(request)
    if secret is None or not has_proof(request, environment, role):
        return []
    proof = _proof(secret, GATE, environment, role)
    return [f"{_gate_cookie_name(proof)}={proof}{_ATTRIBUTES}; Max-Age={GATE_SECONDS}"]


def expired_gate_cookies(request: AlbRequest, environment: str, role: str) -> list[str]:
    """Set-Cookie values that end what `gate_cookies` set: each way is for one token."""
    proof = _proof_before_gate(request, environment, role)
    return [f"{_gate_cookie_name(proof)}={_ATTRIBUTES}; Max-Age=0"] if proof else []


def is_confirmed(request: AlbRequest, environment: str, role: str) -> bool:
    """Whether the request's link has a proof, or had one before the gate from which it returns."""
    has_passed = _proof_before_gate(request, environment, role) is not None
    return has_passed or has_proof(request, environment, role)


def _proof_before_gate(request: AlbRequest, environment: str, role: str) -> str | None:
    secret = read_secret(request)
    if secret is None or GATE not in request.parameters:
        return None
    proof = _proof(secret, GATE, environment, role)
    kept = _cookie(request, _gate_cookie_name(proof))
    return proof if hmac.compare_digest(kept, proof) else None


def _gate_cookie_name(proof: str) -> str:
    """One for each environment and role, so that several can be opened at once."""
    return f"{_GATE_COOKIE}-{proof[:8]}"


def _cookie(request: AlbRequest, wanted: str) -> str:
    """Value of the one cookie of this name in ASCII; empty without it, or with several."""
    found = [
        value.strip(_SPACE)
        for header in request.headers.get("cookie", [])
        for name, _, value in (cookie.partition("=") for cookie in header.split(";"))
        if name.strip(_SPACE) == wanted
    ]
    return found[0] if len(found) == 1 and found[0].isascii() else ""


def _proof(secret: str, *parts: str) -> str:
    text = "/".join(parts).encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:32]
