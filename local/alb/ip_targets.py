"""IP addresses as targets: forwarding of requests.

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
"""An address and a port in a VPC."""

IDLE_SECONDS = 60.0
"""The load balancer's idle timeout by default. AWS gives up connecting after 10 s. Here a
connection is made at once, and its TLS handshake waits for a program that has to wait itself."""

WITHOUT_BODY = (204, 304)


def http_client() -> httpx.AsyncClient:
    """The client for connections to targets. Like the ALB, it accepts every certificate."""
    return httpx.AsyncClient(
        verify=False,  # noqa: S501 - the ALB does not verify it either
        trust_env=False,
        timeout=httpx.Timeout(IDLE_SECONDS),
    )


class Forwarder:
    """Forwards requests to registered targets by round robin.

    `local_port` returns the port of this machine that serves a target, or None if none does.
    """

    def __init__(
        self, http: httpx.AsyncClient, local_port: Callable[[IpTarget], int | None]
    ) -> None:
        self._http = http
        self._local_port = local_port
        self._turn = itertools.count()

    def select(self, registered: list[IpTarget]) -> int:
        """The port of this machine that serves the next of the registered targets."""
        if not registered:
            raise HttpError(503, "no target is registered")
        target = registered[next(self._turn) % len(registered)]
        local_port = self._local_port(target)
        if local_port is None:
            address, port = target
            raise HttpError(504, f"nobody has {address}:{port}, or its security group keeps us out")
        return local_port

    async def forward(
        self, request: Request, headers: Headers, *, scheme: str, port: int
    ) -> Response:
        """The target's response to the request with the load balancer's `headers`."""
        sent = httpx.Request(
            request.method,
            f"{scheme}://127.0.0.1:{port}",
            headers=[each for each in headers if each[0] not in CONNECTION_HEADERS],
            content=await request.body(),
            # Byte for byte: a URL would be normalised.
            extensions={
                "target": _request_target(request),
                "timeout": self._http.timeout.as_dict(),
            },
        )
        try:
            received = await self._http.send(sent, stream=True)
            try:
                # Raw: compressed content stays compressed.
                content = b"".join([part async for part in received.aiter_raw()])
            finally:
                await received.aclose()
        except httpx.TimeoutException as error:
            raise HttpError(504, f"the target did not answer: {error!r}") from error
        except httpx.TransportError as error:
            raise HttpError(502, f"the target broke off: {error!r}") from error
        return _response(request, received, content)


def _response(request: Request, received: httpx.Response, content: bytes) -> Response:
    response = Response(content, status_code=received.status_code)
    dropped = (CONNECTION_HEADERS | NOT_ON_LOCALHOST) - {"content-length"}
    kept = [
        (name.lower(), value)
        for name, value in received.headers.raw
        if name.lower().decode("latin-1") not in dropped
    ]
    has_body = request.method != "HEAD" and received.status_code not in WITHOUT_BODY
    if has_body and "content-length" not in received.headers:
        kept.append((b"content-length", str(len(content)).encode()))
    response.raw_headers = kept
    return response


def _request_target(request: Request) -> bytes:
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return path + b"?" + query if query else path
