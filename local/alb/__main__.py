"""`python -m local.alb --settings FILE`: serve the load balancer on loopback until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import ssl
import sys
from functools import partial
from pathlib import Path

import httpx

from cli.errors import PlatformError
from local.alb.front import Front
from local.alb.load_balancer import read_load_balancer
from local.alb.server import make_server
from local.alb.settings import Settings
from local.alb.sign_in import SignIn
from local.cloud import Cloud


def main() -> None:
    """Read the settings and the deployed load balancer, then serve it."""
    parser = argparse.ArgumentParser(prog="local.alb")
    parser.add_argument("--settings", type=Path, required=True)
    settings = Settings.read(parser.parse_args().settings)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("alb").setLevel(logging.INFO)
    try:
        front = _front(settings)
    except PlatformError as error:
        sys.exit(f"{error.what} ({error.where})\n{error.remedy}")
    make_server(
        front, port=settings.port, certificate=Path(settings.certificate), key=Path(settings.key)
    ).run()


def _front(settings: Settings) -> Front:
    cloud = Cloud(endpoint=settings.endpoint)
    trust = ssl.create_default_context(cafile=settings.ca)
    return Front(
        read=partial(read_load_balancer, cloud.client, settings.load_balancer_arn),
        functions=cloud.client("lambda"),
        sign_in=SignIn(httpx.AsyncClient(verify=trust, trust_env=False)),
        port=settings.port,
    )


if __name__ == "__main__":
    main()
