"""Public keys of a Region's load balancers, cached for an hour."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from authenticator.errors import NOT_SIGNED_IN, RefusedError, UnavailableError

TIMEOUT_SECONDS = 2
"""Timeout of the connection, and again of the whole response."""
MAX_ATTEMPTS = 2
TTL_SECONDS = 3600
CACHE_SIZE = 16
MAX_BYTES = 4096
_UNKNOWN_KEY = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


def public_key(endpoint: str, key_id: str) -> EllipticCurvePublicKey:
    """Returns the key of `key_id`, which must be a valid UUID: it becomes part of the URL.

    Raises `RefusedError` for an unknown key and `UnavailableError` for a failure of the endpoint.
    """
    return _cached_key(endpoint, key_id, int(time.time() // TTL_SECONDS))


@lru_cache(maxsize=CACHE_SIZE)
def _cached_key(endpoint: str, key_id: str, _hour: int) -> EllipticCurvePublicKey:
    status, body = _fetch(f"{endpoint}/{key_id}")
    if status in _UNKNOWN_KEY:
        raise RefusedError(NOT_SIGNED_IN, "sign-in token: unknown kid")
    if status != HTTPStatus.OK:
        raise UnavailableError(f"public keys: status {status}")
    try:
        key = load_pem_public_key(body)
    except ValueError as error:
        raise UnavailableError("public keys: not a PEM key") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise UnavailableError("public keys: not a P-256 key")
    return key


def _fetch(url: str) -> tuple[int, bytes]:
    """Gets the URL without following redirects."""
    parts = urlsplit(url)
    failure: Exception | None = None
    for _ in range(MAX_ATTEMPTS):
        connection = HTTPSConnection(
            parts.netloc, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
        )
        try:
            connection.connect()
            with _time_limit(connection.sock):
                connection.request("GET", parts.path)
                response = connection.getresponse()
                return response.status, response.read(MAX_BYTES)
        except (OSError, HTTPException) as error:
            failure = error
        finally:
            connection.close()
    raise UnavailableError(f"public keys: {type(failure).__name__}") from failure


@contextmanager
def _time_limit(connection: socket.socket) -> Iterator[None]:
    """Shuts the connection down at the timeout; the socket's own restarts with each byte."""

    def shut_down() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    timer = Timer(TIMEOUT_SECONDS, shut_down)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
