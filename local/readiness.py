"""Asking a local server whether it takes requests yet."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

TIMEOUT_SECONDS = 5


def probe(url: str, ca: Path | None = None) -> httpx.Response | None:
    """What a server answers, or None where it takes no requests.

    `ca` is the PEM file of the one authority that is trusted over TLS.
    """
    trust = ssl.create_default_context(cafile=ca) if ca else True
    try:
        # Never through the person's proxy.
        return httpx.get(url, verify=trust, timeout=TIMEOUT_SECONDS, trust_env=False)
    except httpx.HTTPError:
        return None
