"""Addresses as targets: the request goes on to one of them, and its answer comes back.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import httpx
from starlette.requests import Request
from starlette.responses import Response

from local.alb.headers import CONNECTION_HEADERS, NOT_ON_LOCALHOST, Headers
from local.alb.http_error import HttpError

IpTarget = tuple[str, int]
"""An address of a VPC and a port of it."""

CONNECT_SECONDS, IDLE_SECONDS = 10.0, 60.0
"""The load balancer's patience, the second by its default."""

WITHOUT_BODY = (204, 304)


def http_client() -> httpx.AsyncClient:
    """Connections to targets. As the ALB, it takes whatever certificate a target shows."""
    return httpx.AsyncClient(
        verify=False,  # noqa: S501 - the ALB does not verify it either
        trust_env=False,
        timeout=httpx.Timeout(IDLE_SECONDS, connect=CONNECT_SECONDS),
    )


class Forwarder:
    """Takes turns among the targets that are registered when a request comes.

    `locate` gives the port of this machine behind an address and port of a VPC, or None where
    nothing answers.
    """

    def __init__(self, http: httpx.AsyncClient, locate: Callable[[IpTarget], int | None]) -> None:
        self._http = http
        self._locate = locate
        self._turn = itertools.count()

    def choose(self, registered: list[IpTarget]) -> int:
        """The port of this machine that the next request goes to."""
        if not registered:
            raise HttpError(503, "no target is registered")
        endpoint = registered[next(self._turn) % len(registered)]
        port = self._locate(endpoint)
        if port is None:
            address, wanted = endpoint
            raise HttpError(
                504, f"nobody has {address}:{wanted}, or its security group keeps us out"
            )
        return port

    async def forward(
        self, request: Request, headers: Headers, *, scheme: str, port: int
    ) -> Response:
        """The target's answer to the request, whose `headers` are the load balancer's."""
        sent = httpx.Request(
            request.method,
            f"{scheme}://127.0.0.1:{port}",
            headers=[each for each in headers if each[0] not in CONNECTION_HEADERS],
            content=await request.body(),
            # Byte for byte, which a URL would tidy up.
            extensions={
                "target": _request_target(request),
                "timeout": self._http.timeout.as_dict(),
            },
        )
        try:
            answer = await self._http.send(sent, stream=True)
            try:
                # As it came: compressed stays compressed.
                content = b"".join([part async for part in answer.aiter_raw()])
            finally:
                await answer.aclose()
        except httpx.TimeoutException as error:
            raise HttpError(504, f"the target did not answer: {error!r}") from error
        except httpx.TransportError as error:
            raise HttpError(502, f"the target broke off: {error!r}") from error
        return _response(request, answer, content)


def _response(request: Request, answer: httpx.Response, content: bytes) -> Response:
    response = Response(content, status_code=answer.status_code)
    received = [(name.decode("latin-1"), value) for name, value in answer.headers.raw]
    kept = [
        (name.lower().encode("latin-1"), value)
        for name, value in received
        if name.lower() not in (CONNECTION_HEADERS | NOT_ON_LOCALHOST) - {"content-length"}
    ]
    has_body = request.method != "HEAD" and answer.status_code not in WITHOUT_BODY
    if has_body and "content-length" not in answer.headers:
        kept.append((b"content-length", str(len(content)).encode()))
    response.raw_headers = kept
    return response


def _request_target(request: Request) -> bytes:
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return path + b"?" + query if query else path
