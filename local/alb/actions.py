"""The actions `redirect` and `fixed-response` of listener rules.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

MAX_PART = 128
"""Characters of a redirect's host, path or query.
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RedirectActionConfig.html
"""
MAX_MESSAGE = 1024
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_FixedResponseActionConfig.html"""
CONTENT_TYPES = (
    "text/plain",
    "text/css",
    "text/html",
    "application/javascript",
    "application/json",
)
SENT = {part: f"#{{{part}}}" for part in ("protocol", "host", "port", "path", "query")}
"""Keywords of the parts of the request."""


@dataclass(frozen=True, kw_only=True)
class Redirect:
    """A redirect whose parts may contain the keywords of `SENT`."""

    status: int
    protocol: str
    host: str
    port: str
    path: str
    query: str

    def response(self, *, host: str, port: int, path: str, query: str) -> Response:
        """The response to a request of these parts; `host` is without its port."""
        values = {"protocol": "https", "host": host, "port": str(port), "path": path.lstrip("/")}
        values["query"] = query

        def filled(text: str) -> str:
            return re.sub(r"#\{(\w+)\}", lambda found: values[found[1]], text)

        authority = f"{filled(self.host)}:{filled(self.port)}"
        location = f"{filled(self.protocol).lower()}://{authority}{filled(self.path)}"
        sent = filled(self.query)
        return Response(
            status_code=self.status,
            headers={"location": f"{location}?{sent}" if sent else location},
        )


@dataclass(frozen=True, kw_only=True)
class FixedResponse:
    """A response that is the same for every request."""

    status: int
    content_type: str
    message: str

    def response(self) -> Response:
        """The response."""
        return Response(
            self.message, status_code=self.status, headers={"content-type": self.content_type}
        )


def read_redirect(config: Mapping[str, Any]) -> Redirect:
    """The redirect that the API describes."""
    return Redirect(
        status=int(config["StatusCode"].removeprefix("HTTP_")),
        protocol=config.get("Protocol") or SENT["protocol"],
        host=config.get("Host") or SENT["host"],
        port=config.get("Port") or SENT["port"],
        path=config.get("Path") or f"/{SENT['path']}",
        query=SENT["query"] if config.get("Query") is None else config["Query"],
    )


def read_fixed_response(config: Mapping[str, Any]) -> FixedResponse:
    """The fixed response that the API describes."""
    return FixedResponse(
        status=int(config["StatusCode"]),
        content_type=config.get("ContentType") or "text/plain",
        message=config.get("MessageBody") or "",
    )


def refusals(actions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What AWS refuses in the actions of a rule, by type."""
    last = actions.keys() & {"forward", "redirect", "fixed-response"}
    if len(last) != 1:
        yield f"a rule ends with one of forward, redirect and fixed-response, not {len(last)}"
    if redirect := actions.get("redirect"):
        yield from _of_redirect(redirect["RedirectConfig"])
    if fixed := actions.get("fixed-response"):
        yield from _of_fixed_response(fixed["FixedResponseConfig"])


def _of_redirect(config: Mapping[str, Any]) -> Iterator[str]:
    for part in ("Host", "Path", "Query"):
        if len(config.get(part) or "") > MAX_PART:
            yield f"a redirect's {part} has {MAX_PART} characters at most"
    redirect = read_redirect(config)
    same = (redirect.protocol, redirect.host, redirect.port, redirect.path)
    if same == (SENT["protocol"], SENT["host"], SENT["port"], f"/{SENT['path']}"):
        yield "a redirect changes protocol, host, port or path"
    if not redirect.path.startswith("/"):
        yield "a redirect's Path begins with a slash"
    if redirect.query.startswith("?"):
        yield "a redirect's Query begins without a question mark"
    if config["StatusCode"] not in {"HTTP_301", "HTTP_302"}:
        yield "a redirect's status is HTTP_301 or HTTP_302"
    text = f"{redirect.protocol}{redirect.host}{redirect.port}{redirect.path}{redirect.query}"
    if unknown := set(re.findall(r"#\{.*?\}", text)) - {*SENT.values()}:
        yield f"a redirect knows no {min(unknown)}"


def _of_fixed_response(config: Mapping[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[245][0-9][0-9]", str(config["StatusCode"])):
        yield "a fixed response has a status 2XX, 4XX or 5XX"
    if config.get("ContentType") not in {None, *CONTENT_TYPES}:
        yield f"a fixed response has one of the types {', '.join(CONTENT_TYPES)}"
    if len(config.get("MessageBody") or "") > MAX_MESSAGE:
        yield f"a fixed response has {MAX_MESSAGE} characters at most"
