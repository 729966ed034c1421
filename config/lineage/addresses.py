"""Addresses of catalogues, as the OpenLineage client joins them with an endpoint."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, WithJsonSchema

from config.section import Matches, reject
from config.types import check_url

# Zones that no public name server resolves.
PRIVATE_ZONES = (".internal", ".local", ".localhost", ".lan", ".home.arpa")

DEFAULT_PORTS = {"http": 80, "https": 443}

CLIENTS_ENDPOINT = "api/v1/lineage"
"""The OpenLineage client's default endpoint."""

EXPANDED_BY_AIRFLOW = r"~|[^$]*\$"
"""Beginnings of a text that Airflow expands when it reads an environment variable."""


def is_private(url: str) -> bool:
    """Whether the host of an address has a private name or IP address."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        # A digit followed by no dot begins an IP address that is written as one number.
        one_label = "." not in host and not host[:1].isdigit()
        return one_label or host.endswith(PRIVATE_ZONES)


def is_unencrypted(url: str) -> bool:
    """Whether requests to an address are not encrypted."""
    return urlsplit(url).scheme == "http"


def host(url: str) -> str:
    """The normalized host and port of an address."""
    parts = urlsplit(url)
    return f"{_host_name(parts)}:{parts.port or DEFAULT_PORTS[parts.scheme]}"


def normalized_url(url: str) -> str:
    """The normalized form of an address."""
    parts = urlsplit(url)
    own_port = parts.port not in {None, DEFAULT_PORTS[parts.scheme]}
    place = f"{_host_name(parts)}:{parts.port}" if own_port else _host_name(parts)
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"


def refuse_doubled_path(url: str, endpoint: str) -> str:
    """Rejects an address that ends in the beginning of the endpoint that is joined to it."""
    path, parts = urlsplit(url).path.strip("/").split("/"), endpoint.split("/")
    for length in range(len(parts), 0, -1):
        if path[-length:] == parts[:length]:
            doubled = "/".join(parts[:length])
            reject(
                f"{endpoint} is joined to this address, so that {doubled} would stand in it twice.",
                f"Leave out {doubled}, and end with the slash before it.",
            )
    return url


def _host_name(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")


def _check_base_url(value: str) -> str:
    """An address to which an endpoint can be joined: a path of its own ends in a slash."""
    path = urlsplit(_check_address(value)).path
    if path.strip("/").endswith(CLIENTS_ENDPOINT):
        reject(
            f"The client joins {CLIENTS_ENDPOINT} to this address itself.",
            f"Leave out {CLIENTS_ENDPOINT}, and end with the slash before it.",
        )
    if path and not path.endswith("/"):
        reject(
            "Without a slash at its end the last part of its path would be lost, because the "
            "client joins an endpoint to it.",
            "End it with a slash.",
        )
    return value


def _check_host_only(value: str) -> str:
    parts = urlsplit(_check_address(value))
    if parts.path.strip("/"):
        reject(
            "This must be the address of the server alone, without a path.",
            "End it after the host's name or its port.",
        )
    if not parts.netloc.isascii():
        reject("The host's name must be in ASCII: it is an option of MWAA's.", "Write it as xn--….")
    return f"{parts.scheme}://{parts.netloc}"


def _check_address(value: str) -> str:
    parts = urlsplit(check_url(value, schemes=("https", "http")))
    if parts.query or value.endswith("?"):
        reject("An address here has no query (?…).", "A key belongs in the secret, never here.")
    return value


def _url_schema(path: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": rf"^https?://[^/?#@\s]+{path}$"})


Address = Annotated[str, AfterValidator(_check_address)]
BaseUrl = Annotated[str, AfterValidator(_check_base_url), _url_schema(r"(?:/|/[^?#\s]+/)?")]
ServerUrl = Annotated[str, AfterValidator(_check_host_only), _url_schema("/?")]


def _endpoint_advice(value: str) -> str | None:
    if re.match(r"https?:", value):
        return "The host belongs in Url."
    if value.startswith("/"):
        return "Leave out the slash at its beginning: with it the path of Url would be lost."
    return None


Endpoint = Annotated[
    str,
    Matches(
        r"[\w.~%@+-]+(?:/[\w.~%@+-]+)*/?",
        f"a path without a slash at its beginning, such as {CLIENTS_ENDPOINT}",
        _endpoint_advice,
    ),
]
