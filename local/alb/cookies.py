"""The cookies of a request, with their names and values as browsers sent them."""

from __future__ import annotations

from starlette.requests import Request

BLANKS = " \t"
"""What separates cookies, and no more. Browsers take a name after another blank for another name,
so a host may set it for the domain above it, where a prefix such as `__Host-` forbids the name."""


def read_cookies(request: Request) -> dict[str, str]:
    """The cookies by name; of several with one name the last."""
    pairs = (
        each.partition("=")[::2]
        for header in request.headers.getlist("cookie")
        for each in header.split(";")
    )
    return {name.strip(BLANKS): value.strip(BLANKS) for name, value in pairs}
