"""Request in an event of a load balancer with multi-value headers.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

from authenticator.errors import (
    INCOMPLETE_LINK,
    NOT_A_NAVIGATION,
    NOT_SIGNED_IN,
    UNKNOWN_HOST,
    RefusedError,
)

HOST_NAME = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
"""Pattern of a host name in lower case, of any length."""
# In ASCII alone: without it, the Kelvin sign would match "k", which it becomes in lower case.
_HOST = re.compile(
    rf"(?=.{{1,253}}(?::|\Z)){HOST_NAME}(:(?P<port>[1-9][0-9]{{0,4}}))?", re.IGNORECASE | re.ASCII
)
MAX_PORT = 65_535
MAX_SEARCH = 100
MAX_USER_AGENT = 200
_INVISIBLE = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ud800-\udfff\ufeff]+"
)
_TRACES = [
    re.compile(rf"\b{field}=(1-[0-9a-f]{{8}}-[0-9a-f]{{24}})\b") for field in ("Self", "Root")
]


def is_plain_host(value: object) -> bool:
    """Whether this is a host name, with or without a port, that is safe in a URL."""
    found = _HOST.fullmatch(value) if isinstance(value, str) else None
    return found is not None and int(found["port"] or 0) <= MAX_PORT


def plain_text(value: str, length: int) -> str:
    """The value in one line, without control and bidirectional characters and lone surrogates."""
    return _INVISIBLE.sub(" ", value).strip()[:length].rstrip()


@dataclass(frozen=True, slots=True)
class AlbRequest:
    """Request; header names are in lower case, parameters are still URL-encoded."""

    method: str
    path: str
    headers: dict[str, list[str]]
    parameters: dict[str, list[str]]

    def header(self, name: str) -> str | None:
        """Value of the header; None unless it was sent exactly once."""
        values = self.headers.get(name, [])
        return values[0] if len(values) == 1 else None

    def parameter(self, name: str) -> str:
        """Decoded value of the parameter; raises `RefusedError` unless it was sent exactly once."""
        values = self.parameters.get(name, [])
        if len(values) != 1:
            raise RefusedError(INCOMPLETE_LINK, f"{name}: {len(values)} values")
        try:
            return unquote(values[0], errors="strict")
        except UnicodeDecodeError:
            raise RefusedError(INCOMPLETE_LINK, f"{name}: not UTF-8") from None

    @property
    def search(self) -> str:
        """Text of the portal's filter."""
        values = self.parameters.get("q", [])
        return plain_text(unquote_plus(values[-1], errors="replace"), MAX_SEARCH) if values else ""

    @property
    def has_web_login_token(self) -> bool:
        """Whether this URL, `login=true#<token>`, is meant for a web server.

        It ignores case, as the load balancer does.
        """
        return any(
            name.lower() == "login" and "true" in map(str.lower, values)
            for name, values in self.parameters.items()
        )

    @property
    def host(self) -> str | None:
        """Host of the request, with its port if it has one; None if it is no plain host name."""
        host = self.header("host")
        return host if is_plain_host(host) else None

    def require_host(self, expected: str | None) -> None:
        """Raises `RefusedError` unless the request has one, readable host, and `expected` is it.

        A load balancer may take an odd spelling for a host that it knows. What a request may do
        follows from what it is, never from what it is not. None expects any host.
        """
        host_name = self.host.partition(":")[0].lower() if self.host else None
        if host_name is None or expected not in {None, host_name}:
            raise RefusedError(UNKNOWN_HOST, "unknown host")

    def require_navigation(self) -> None:
        """Raises `RefusedError` for a request that a browser marks as other than a navigation.

        A link in a chat or an e-mail is a navigation from another site, and allowed; a frame, an
        image, a script's request or a prefetched page is not. Clients without fetch metadata
        pass. https://www.w3.org/TR/fetch-metadata/
        """
        expected = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
        for name, value in expected.items():
            if self.headers.get(name, [value]) != [value]:
                raise RefusedError(NOT_A_NAVIGATION, f"{name} is not {value}")
        for name in ("sec-purpose", "purpose"):
            if name in self.headers:
                raise RefusedError(NOT_A_NAVIGATION, f"{name} was sent")


def read_trace(event: Any) -> str | None:
    """Trace id of the load balancer, by which its access log names the request.

    It is `Self` where the client sent a header of its own, whose `Root` the load balancer keeps.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
    """
    header = _last_header(event, "x-amzn-trace-id")
    found = next(filter(None, (trace.search(header) for trace in _TRACES)), None)
    return found[1] if found else None


def read_client(event: Any) -> str | None:
    """Address from which the load balancer was called.

    It is the last one of X-Forwarded-For: the load balancer appends it to what the client sent.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
    """
    last_hop = _last_header(event, "x-forwarded-for").rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(last_hop)
    except ValueError:
        return None
    # A zone, after `%`, is any text.
    return None if "%" in last_hop else str(address)


def read_user_agent(event: Any) -> str | None:
    """User agent that the client names, for the log."""
    return plain_text(_last_header(event, "user-agent"), MAX_USER_AGENT) or None


def _last_header(event: Any, name: str) -> str:
    try:
        return str(event["multiValueHeaders"][name][-1])
    except (IndexError, KeyError, TypeError):
        return ""


def read_request(event: Any, target_group_prefix: str) -> AlbRequest:
    """Reads the event; raises `RefusedError` unless it is of our own target group."""
    try:
        target_group = event["requestContext"]["elb"]["targetGroupArn"]
        request = AlbRequest(
            method=str(event["httpMethod"]),
            path=str(event["path"]),
            headers=_texts(event["multiValueHeaders"], rename=str.lower),
            parameters=_texts(event.get("multiValueQueryStringParameters") or {}, rename=str),
        )
        ours = target_group.startswith(target_group_prefix)
    except (AttributeError, KeyError, TypeError) as error:
        raise RefusedError(NOT_SIGNED_IN, "not an event of a load balancer") from error
    if not ours:
        raise RefusedError(NOT_SIGNED_IN, "foreign target group")
    return request


def _texts(values: Any, *, rename: Callable[[str], str]) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for name, items in values.items():
        texts.setdefault(rename(name), []).extend(str(item) for item in items)
    return texts
