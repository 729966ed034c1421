"""The HTTP server of a load balancer."""

from __future__ import annotations

from pathlib import Path

import uvicorn

from local.alb.front import HEADERS_LIMIT_BYTES, Front


def make_server(front: Front, *, port: int, certificate: Path, key: Path) -> uvicorn.Server:
    """A server of `front` over TLS on 127.0.0.1:`port` that runs until SIGTERM."""
    return uvicorn.Server(
        uvicorn.Config(
            front,
            host="127.0.0.1",
            port=port,
            ssl_certfile=str(certificate),
            ssl_keyfile=str(key),
            # It would contain queries, hence authorization codes.
            access_log=False,
            log_level="warning",
            lifespan="off",
            # Not httptools, which a machine may have: it lets several Host headers pass.
            http="h11",
            ws="none",
            # X-Forwarded-* come from clients, not from a proxy.
            proxy_headers=False,
            server_header=False,
            # More than the load balancer accepts, so that the load balancer rejects the request.
            h11_max_incomplete_event_size=2 * HEADERS_LIMIT_BYTES,
            # Browsers keep connections open for minutes.
            timeout_graceful_shutdown=1,
        )
    )
