"""Readiness probe of local servers."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

TIMEOUT_SECONDS = 5


def probe(url: str, ca: Path | None = None) -> httpx.Response | None:
    """The response of a server to GET, or None if it accepts no requests.

    `ca` is the PEM file of the only trusted authority.
    """
    trust = ssl.create_default_context(cafile=ca) if ca else True
    try:
        # trust_env=False: never through the person's proxy.
        return httpx.get(url, verify=trust, timeout=TIMEOUT_SECONDS, trust_env=False)
    except httpx.HTTPError:
        return None
