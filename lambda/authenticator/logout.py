"""Logout: expiry of the session cookies of a host, and the provider's logout URL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlencode

from authenticator.links import COOKIE as PORTAL_COOKIE

COOKIE_SHARDS = 4
SIGNED_OUT_PATH = "/signed-out"
AIRFLOW_COOKIES = ("session", "_token")
"""Cookies of Airflow 2's session and Airflow 3's token."""


def expired_cookies(name: str, cookie_headers: Iterable[str], *, airflow: bool) -> list[str]:
    """Set-Cookie values that expire the session cookie with every shard, and the portal's own.

    `airflow` says that this host serves Airflow, whose session must end as well: the next person at
    this browser must not continue it.
    """
    shard = re.compile(rf"{re.escape(name)}(-[0-9]{{1,2}})?")
    sent = {
        cookie.partition("=")[0].strip()
        for header in cookie_headers
        for cookie in header.split(";")
    }
    shards = (f"{name}-{n}" for n in range(COOKIE_SHARDS))
    names = {name, *shards, *filter(shard.fullmatch, sent), PORTAL_COOKIE}
    return [
        f"{name}=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly"
        for name in sorted(names.union(AIRFLOW_COOKIES if airflow else ()))
    ]


def end_session_url(end_session_endpoint: str | None, client_id: str, host: str | None) -> str:
    """URL that ends the provider's session, or that of our page where the provider has none.

    The provider redirects back to `host`, where it is known.
    https://openid.net/specs/openid-connect-rpinitiated-1_0.html
    """
    if end_session_endpoint is None:
        return SIGNED_OUT_PATH
    parameters = {"client_id": client_id}
    if host:
        parameters["post_logout_redirect_uri"] = f"https://{host}{SIGNED_OUT_PATH}"
    separator = "&" if "?" in end_session_endpoint else "?"
    return f"{end_session_endpoint}{separator}{urlencode(parameters)}"
