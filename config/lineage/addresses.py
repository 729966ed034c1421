"""The addresses of catalogues, as the OpenLineage client joins them."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, WithJsonSchema

from config.section import Matches, reject
from config.types import check_url

# Zones that no public name server answers for, beside names of one label.
PRIVATE_ZONES = (".internal", ".local", ".localhost", ".lan", ".home.arpa")

DEFAULT_PORTS = {"http": 80, "https": 443}

CLIENTS_ENDPOINT = "api/v1/lineage"
"""The endpoint that the OpenLineage client joins to an address without one of its own."""
EXPANDED_BY_AIRFLOW = r"~|[^$]*\$"
"""Beginnings of a text that Airflow would change: it expands them in what it reads from an
environment variable."""


def is_private(url: str) -> bool:
    """Whether an address can only be reached inside a network, by its host's name or number."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        # What begins with a digit and has no dot is an address too, in one number.
        one_label = "." not in host and not host[:1].isdigit()
        return one_label or host.endswith(PRIVATE_ZONES)


def travels_in_clear(url: str) -> bool:
    """Whether what is sent to an address can be read on its way."""
    return urlsplit(url).scheme == "http"


def host(url: str) -> str:
    """The host and port of an address, however it is spelled."""
    parts = urlsplit(url)
    return f"{_host_name(parts)}:{parts.port or DEFAULT_PORTS[parts.scheme]}"


def destination(url: str) -> str:
    """An address in the one spelling that two spellings of it have in common."""
    parts = urlsplit(url)
    own_port = parts.port not in {None, DEFAULT_PORTS[parts.scheme]}
    place = f"{_host_name(parts)}:{parts.port}" if own_port else _host_name(parts)
    return f"{parts.scheme}://{place}{parts.path.rstrip('/')}"


def _host_name(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")


def _check_base(value: str) -> str:
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


def _check_host_alone(value: str) -> str:
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


def _written(path: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": rf"^https?://[^/?#@\s]+{path}$"})


Address = Annotated[str, AfterValidator(_check_address)]
BaseUrl = Annotated[str, AfterValidator(_check_base), _written(r"(?:/|/[^?#\s]+/)?")]
ServerUrl = Annotated[str, AfterValidator(_check_host_alone), _written("/?")]


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
