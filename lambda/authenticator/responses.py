"""Responses in the form of a load balancer with multi-value headers."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

Response = dict[str, Any]

RETRY_SECONDS = 30
# The one image is an icon within the page: a request for /favicon.ico after sign-out would sign the
# person in again.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# Chromium applies the policy to a form's redirects as well, and the load balancer redirects to the
# provider once a session has ended.
_POLICY_WITH_FORM = _POLICY.replace("form-action 'self'", "form-action 'self' https:")
_DEFAULT_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def page(
    status: int,
    html: str,
    *,
    has_form: bool = False,
    style: str | None = None,
    cookies: Sequence[str] = (),
) -> Response:
    """Page that is not cached; `style` is the text of its style element, if it has one."""
    headers = {"Content-Type": ["text/html; charset=utf-8"]}
    if has_form:
        headers["Content-Security-Policy"] = [_POLICY_WITH_FORM]
    if style is not None:
        headers["Content-Security-Policy"] = [_policy_with_style(style)]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = [str(RETRY_SECONDS)]
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ["GET"]
    if cookies:
        headers["Set-Cookie"] = list(cookies)
    return _response(status, headers, html)


def redirect(location: str, cookies: Sequence[str] = ()) -> Response:
    """Redirect that is not cached."""
    headers = {"Location": [location]}
    if cookies:
        headers["Set-Cookie"] = list(cookies)
    return _response(HTTPStatus.FOUND, headers)


def stylesheet(css: str) -> Response:
    """Stylesheet, which may be cached: it is the same for everybody."""
    return _response(
        HTTPStatus.OK,
        {"Content-Type": ["text/css; charset=utf-8"], "Cache-Control": ["public, max-age=300"]},
        css,
    )


def _policy_with_style(style: str) -> str:
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _POLICY.replace("style-src 'self'", f"style-src 'sha256-{digest}'")


def _response(status: int, headers: dict[str, list[str]], body: str = "") -> Response:
    code = HTTPStatus(status)
    defaults = {name: [value] for name, value in _DEFAULT_HEADERS.items()}
    return {
        "statusCode": code.value,
        "statusDescription": f"{code.value} {code.phrase}",
        "isBase64Encoded": False,
        "multiValueHeaders": defaults | headers,
        "body": body,
    }
