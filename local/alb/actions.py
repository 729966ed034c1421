"""Actions that the load balancer performs itself: redirects and fixed responses.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from local.alb.conditions import RequestFields


@dataclass(frozen=True, kw_only=True)
class FixedResponse:
    """The action `fixed-response`."""

    status: int
    content_type: str
    body: str

    def response(self) -> Response:
        """The response to every request."""
        return Response(self.body, status_code=self.status, media_type=self.content_type)


@dataclass(frozen=True, kw_only=True)
class Redirect:
    """The action `redirect`: the parts of its URL, with the keywords of the API.

    `listener_port` stands for `#{port}`. The port is always written, as in AWS.
    """

    protocol: str
    host: str
    port: str
    path: str
    query: str
    status: int
    listener_port: int

    def response(self, request: RequestFields) -> Response:
        """The redirect of a request."""
        return Response(status_code=self.status, headers={"location": self._location(request)})

    def _location(self, request: RequestFields) -> str:
        sent = {
            "#{protocol}": "https",
            "#{host}": request.host_name,
            "#{port}": str(self.listener_port),
            "#{path}": request.path.removeprefix("/"),
            "#{query}": request.query,
        }

        def filled(part: str) -> str:
            # In one pass: what was sent may contain keywords.
            return re.sub(r"#\{\w+\}", lambda found: sent.get(found[0], found[0]), part)

        query = filled(self.query)
        address = f"{filled(self.protocol).lower()}://{filled(self.host)}:{filled(self.port)}"
        return f"{address}{filled(self.path)}{'?' if query else ''}{query}"


def read_redirect(config: Mapping[str, Any], *, listener_port: int) -> Redirect:
    """The redirect that the API describes; a part that is left out stays as it was sent."""
    return Redirect(
        protocol=config.get("Protocol", "#{protocol}"),
        host=config.get("Host", "#{host}"),
        port=config.get("Port", "#{port}"),
        path=config.get("Path", "/#{path}"),
        query=config.get("Query", "#{query}"),
        status=int(config["StatusCode"].removeprefix("HTTP_")),
        listener_port=listener_port,
    )


def read_fixed_response(config: Mapping[str, Any]) -> FixedResponse:
    """The fixed response that the API describes."""
    return FixedResponse(
        status=int(config["StatusCode"]),
        content_type=config.get("ContentType") or "text/plain",
        body=config.get("MessageBody") or "",
    )
