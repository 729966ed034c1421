"""The HTTP server in front of a load balancer."""

from __future__ import annotations

from pathlib import Path

import uvicorn

from local.alb.front import HEADERS_LIMIT_BYTES, Front


def make_server(front: Front, *, port: int, certificate: Path, key: Path) -> uvicorn.Server:
    """A server of `front` over TLS on 127.0.0.1:`port`, which serves until SIGTERM."""
    return uvicorn.Server(
        uvicorn.Config(
            front,
            host="127.0.0.1",
            port=port,
            ssl_certfile=str(certificate),
            ssl_keyfile=str(key),
            # Its log would hold queries, and those hold codes.
            access_log=False,
            log_level="warning",
            lifespan="off",
            ws="none",
            # X-Forwarded-* of clients are theirs, not a proxy's.
            proxy_headers=False,
            server_header=False,
            # More than the load balancer takes, so that it is the one to refuse.
            h11_max_incomplete_event_size=2 * HEADERS_LIMIT_BYTES,
            # Browsers keep connections open for minutes.
            timeout_graceful_shutdown=1,
        )
    )
