"""The end of a session: every shard of the ALB's cookie, then the identity provider's session."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlencode

SHARDS = 4
SIGNED_OUT_PATH = "/signed-out"
AIRFLOW_COOKIES = ("session", "_token")
"""Airflow 2's session and Airflow 3's token."""


def expired_cookies(name: str, cookie_headers: Iterable[str], *, airflow: bool) -> list[str]:
    """Set-Cookie values for the session cookie, its usual shards and every other one sent.

    `airflow` says that Airflow is served under this host, so that its session ends as well: the
    next person at this browser must not go on with it.
    """
    shard = re.compile(rf"{re.escape(name)}(-[0-9]{{1,2}})?")
    sent = {
        cookie.partition("=")[0].strip()
        for header in cookie_headers
        for cookie in header.split(";")
    }
    names = {name, *(f"{name}-{n}" for n in range(SHARDS)), *filter(shard.fullmatch, sent)}
    return [
        f"{name}=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly"
        for name in sorted(names.union(AIRFLOW_COOKIES if airflow else ()))
    ]


def landing(end_session_endpoint: str | None, client_id: str, host: str | None) -> str:
    """Where to go on to; the provider is told the way back where our own host is known.

    https://openid.net/specs/openid-connect-rpinitiated-1_0.html
    """
    if end_session_endpoint is None:
        return SIGNED_OUT_PATH
    parameters = {"client_id": client_id}
    if host:
        parameters["post_logout_redirect_uri"] = f"https://{host}{SIGNED_OUT_PATH}"
    joint = "&" if "?" in end_session_endpoint else "?"
    return f"{end_session_endpoint}{joint}{urlencode(parameters)}"
