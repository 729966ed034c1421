"""The way to a catalogue's host, and one request to it."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from mwaa_platform_preflight.findings import Finding

WAY, NAME, PORT, TLS = "Way", "Name", "Port", "TLS"
SUBJECTS = frozenset({WAY, NAME, PORT, TLS})
"""What `check_way` looks at, which depends on where it looks from."""

PATIENCE_SECONDS = 4.0
"""As long as the plugin lets the client wait for one or two catalogues; for more it is less."""
CONNECTION_REMEDY = (
    "Check the way there: routes, the NAT gateway or endpoint, security groups, firewalls."
)
OPEN_WAY_REMEDY = (
    "The way is open, for it took the connection: look at its log and its load, and at a proxy or "
    "load balancer before it."
)
MOST_BYTES = 100_000


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: Message
    body: bytes


class NoAnswer(NamedTuple):
    """Why there is no answer, and what to do."""

    wrong: str
    remedy: str


def authorities() -> str:
    """The file or folder of authorities that the OpenLineage client, so `requests`, trusts."""
    import certifi  # noqa: PLC0415

    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    return named or certifi.where()


def check_way(url: str, *, cafile: str) -> Iterator[Finding]:
    """Whether the host has a name, takes connections and shows a certificate that is trusted.

    Ends with the first thing that is wrong. A proxy in between does all of it by itself.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        yield Finding(WAY, note=f"by the proxy {urlsplit(proxy).hostname or proxy}")
        return
    try:
        addresses = {each[4][0] for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        yield Finding(
            NAME,
            f"The name {host} is not known here.",
            "Check Url. A private name must be in the VPC's DNS (a hosted zone or resolver rule).",
        )
        return
    named = ", ".join(sorted(map(str, addresses)))
    yield Finding(NAME, note=host if host == named else f"{host} is {named}")
    problem = _connected(host, port, parts.scheme == "https", cafile)
    if problem:
        yield Finding(TLS if parts.scheme == "https" else PORT, *problem)
    elif parts.scheme == "https":
        yield Finding(TLS, note="the certificate is trusted")
    else:
        yield Finding(PORT, note="without TLS: what is sent can be read on its way")


def _connected(host: str, port: int, tls: bool, cafile: str) -> NoAnswer | None:
    context = _trusting(cafile) if tls else None
    if isinstance(context, NoAnswer):
        return context
    try:
        connection = socket.create_connection((host, port), timeout=PATIENCE_SECONDS)
    except OSError as error:
        return explain(error, f"{host}:{port}")
    try:
        with connection:
            if context:
                context.wrap_socket(connection, server_hostname=host).close()
    except OSError as error:
        return explain(error, f"{host}:{port}", is_connected=True)
    return None


def _trusting(authorities: str) -> ssl.SSLContext | NoAnswer:
    """Trusts the authorities of a file or, as `requests` does, of a folder."""
    try:
        if Path(authorities).is_dir():
            return ssl.create_default_context(capath=authorities)
        return ssl.create_default_context(cafile=authorities)
    except OSError as error:
        return NoAnswer(
            f"{authorities} cannot be read as a file of authorities ({type(error).__name__}).",
            "Let REQUESTS_CA_BUNDLE, or CURL_CA_BUNDLE, name a file of certificates (PEM) that is "
            "there where Airflow runs, or set neither.",
        )


def ask(
    method: str, url: str, *, headers: Mapping[str, str], body: bytes | None, cafile: str
) -> Answer | NoAnswer:
    """One request, which follows no redirect."""
    request = urllib.request.Request(url, body, dict(headers), method=method)  # noqa: S310
    opener = urllib.request.build_opener(_NoRedirect)
    if request.type == "https":
        context = _trusting(cafile)
        if isinstance(context, NoAnswer):
            return context
        opener = urllib.request.build_opener(
            _NoRedirect, urllib.request.HTTPSHandler(context=context)
        )
    try:
        with opener.open(request, timeout=PATIENCE_SECONDS) as response:
            return Answer(response.status, response.headers, response.read(MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, b"")
    except (OSError, http.client.HTTPException) as error:
        # What fails before the request is sent comes as a URLError.
        is_connected = not isinstance(error, urllib.error.URLError)
        return explain(error, urlsplit(url).netloc, is_connected=is_connected)


def explain(error: Exception, where: str, *, is_connected: bool = False) -> NoAnswer:
    """Why a connection to `where`, a host with its port, failed, or an answer did not come."""
    reason: object = error.reason if isinstance(error, urllib.error.URLError) else error
    remedy = OPEN_WAY_REMEDY if is_connected else CONNECTION_REMEDY
    if isinstance(reason, ssl.SSLCertVerificationError):
        return NoAnswer(
            f"The certificate of {where} is not trusted: {reason.verify_message}.",
            "Let the server show a certificate for this name with its whole chain, from an "
            "authority that Airflow trusts (REQUESTS_CA_BUNDLE names a company's own).",
        )
    if isinstance(reason, ssl.SSLError):
        return NoAnswer(
            f"{where} does not speak TLS as it should ({reason.reason or 'no common version'}).",
            "Check the port, and whether Url should begin with http://.",
        )
    if isinstance(reason, TimeoutError):
        return NoAnswer(f"{where} does not answer within {PATIENCE_SECONDS:.0f} seconds.", remedy)
    if isinstance(reason, ConnectionRefusedError):
        return NoAnswer(
            f"Nothing takes connections at {where}.", "Check the port, and whether it runs."
        )
    if isinstance(reason, socket.gaierror):
        return NoAnswer(f"The name of {where} is not known here.", "Check Url and the VPC's DNS.")
    return NoAnswer(f"The connection to {where} broke off ({type(reason).__name__}).", remedy)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves the redirect to the caller, its target unread, and the token on this host."""

    def http_error_302(self, *_: Any) -> None:
        """Have it end as other errors do."""

    http_error_301 = http_error_303 = http_error_302  # type: ignore[assignment]
    http_error_307 = http_error_308 = http_error_302  # type: ignore[assignment]
