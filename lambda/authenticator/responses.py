"""Answers in the form that an ALB with multi-value headers takes."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

Response = dict[str, Any]

RETRY_SECONDS = 30
# The images are one icon within the page: a browser that looked for /favicon.ico after sign-out
# would be signed in again by the load balancer.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# Chromium holds the redirects of a form to its policy as well: somebody whose session has ended
# would press the button in vain, for the load balancer sends them to the provider to sign in.
_POLICY_WITH_FORM = _POLICY.replace("form-action 'self'", "form-action 'self' https:")
_SECURITY = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}


def page(status: int, html: str, *, has_form: bool = False) -> Response:
    """A page that nothing on the way keeps."""
    headers = {"Content-Type": ["text/html; charset=utf-8"]}
    if has_form:
        headers["Content-Security-Policy"] = [_POLICY_WITH_FORM]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = [str(RETRY_SECONDS)]
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ["GET"]
    return _response(status, headers, html)


def redirect(location: str, cookies: Sequence[str] = ()) -> Response:
    """Go on to `location`; nothing on the way keeps where that is."""
    headers = {"Location": [location]}
    if cookies:
        headers["Set-Cookie"] = list(cookies)
    return _response(HTTPStatus.FOUND, headers)


def stylesheet(css: str) -> Response:
    """The one answer that may be kept, for it is the same for everybody."""
    return _response(
        HTTPStatus.OK,
        {"Content-Type": ["text/css; charset=utf-8"], "Cache-Control": ["public, max-age=300"]},
        css,
    )


def _response(status: int, headers: dict[str, list[str]], body: str = "") -> Response:
    known = HTTPStatus(status)
    every = {name: [value] for name, value in _SECURITY.items()} | {"Cache-Control": ["no-store"]}
    return {
        "statusCode": known.value,
        "statusDescription": f"{known.value} {known.phrase}",
        "isBase64Encoded": False,
        "multiValueHeaders": every | headers,
        "body": body,
    }
