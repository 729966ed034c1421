"""`python -m local.lineage_endpoint`: serves on loopback until SIGTERM."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import uvicorn

from local.lineage_endpoint.airflow_links import WebServer
from local.lineage_endpoint.app import make_app
from local.lineage_endpoint.events import Events


def main() -> None:
    """Serves the endpoint over TLS."""
    parser = argparse.ArgumentParser(prog="local.lineage_endpoint")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificate", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--events", type=Path, required=True)
    parser.add_argument("--web-servers", type=json.loads, default={})
    options = parser.parse_args()
    web_servers = {key: WebServer(**value) for key, value in options.web_servers.items()}
    uvicorn.run(
        make_app(Events(options.events), web_servers),
        host="127.0.0.1",
        port=options.port,
        ssl_certfile=options.certificate,
        ssl_keyfile=options.key,
        log_level="warning",
        lifespan="off",
        ws="none",
        server_header=False,
        # Browsers keep connections open for minutes.
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
