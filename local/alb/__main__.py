"""`python -m local.alb --settings FILE`: serves the load balancers on loopback until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import logging
import ssl
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import httpx
import uvicorn

from errors import PlatformError
from local.alb.claims import SigningKey
from local.alb.front import Front
from local.alb.ip_targets import Forwarder, http_client
from local.alb.listener_settings import Listener, ListenerSettings
from local.alb.load_balancer import read_load_balancer
from local.alb.oidc_flow import OidcFlow
from local.alb.server import make_server
from local.alb.vpc_addresses import VpcAddressResolver
from local.aws_stand_in import AwsStandIn


def main() -> None:
    """Reads the settings and the deployed load balancers, then serves them."""
    parser = argparse.ArgumentParser(prog="local.alb")
    parser.add_argument("--settings", type=Path, required=True)
    settings = ListenerSettings.read(parser.parse_args().settings)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("alb").setLevel(logging.INFO)
    try:
        key = SigningKey()
        trust = ssl.create_default_context(cafile=settings.ca)
        flow = OidcFlow(httpx.AsyncClient(verify=trust, trust_env=False))
        servers = [_server(settings, listener, key, flow) for listener in settings.listeners]
    except PlatformError as error:
        sys.exit(f"{error.message} ({error.place})\n{error.remedy}")
    asyncio.run(_serve(servers))


async def _serve(servers: Iterable[uvicorn.Server]) -> None:
    await asyncio.gather(*(server.serve() for server in servers))


def _server(
    settings: ListenerSettings, listener: Listener, key: SigningKey, oidc_flow: OidcFlow
) -> uvicorn.Server:
    session = AwsStandIn(endpoint=settings.endpoint).session
    addresses = VpcAddressResolver(session, listener.load_balancer_arn)
    front = Front(
        read=partial(read_load_balancer, session, listener.load_balancer_arn),
        session=session,
        oidc_flow=oidc_flow,
        forwarder=Forwarder(http_client(), addresses.local_port),
        key=key,
        port=listener.port,
        ports={host: each.port for each in settings.listeners for host in each.hosts},
    )
    return make_server(
        front,
        port=listener.port,
        certificate=Path(settings.certificate),
        key=Path(settings.key),
    )


if __name__ == "__main__":
    main()
