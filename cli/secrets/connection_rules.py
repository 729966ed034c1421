"""What Airflow takes as a connection: a URI, or a JSON object.

This follows `Connection.from_json` and the parser of URIs in Airflow 2.7 to 3.3, and refuses what
they take without meaning it: keys and types that are misspelt, and characters of a URI that are not
percent-encoded, so that a part of the password would become the host. A test gives the same
connections to real Airflow. No error repeats any of the text.
https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from config.nearest import nearest
from errors import PlatformError

TEXTS = ("conn_type", "description", "host", "login", "password", "schema")
KEYS = (*TEXTS, "port", "extra")
SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "type": "conn_type",
        "engine": "conn_type",
        "connection_type": "conn_type",
        "user": "login",
        "username": "login",
        "user_name": "login",
        "pass": "password",
        "server": "host",
        "hostname": "host",
        "database": "schema",
        "db": "schema",
        "dbname": "schema",
        "extras": "extra",
    }
)
"""Keys that other programs use, with Airflow's."""
MAX_PORT = 65_535
SCHEME = r"[a-z][a-z0-9+.-]*"
QUOTE = (
    "Percent-encode what has a meaning in URIs, in the password above all: @ is %40, / is %2F, "
    ": is %3A, # is %23, ? is %3F, % is %25. In JSON nothing is encoded."
)
FORMS = 'For example postgres://login:password@host:5432/schema or {"conn_type": "postgres", …}.'


def validate_connection(text: str) -> str:
    """Returns the connection's type; raises PlatformError for what is no connection."""
    return _of_json(text) if text.startswith("{") else _of_uri(text)


def _refuse(message: str, remedy: str) -> PlatformError:
    return PlatformError(message, place="what was typed or piped in", remedy=remedy)


def _of_json(text: str) -> str:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise _refuse(f"That is no JSON{where}.", FORMS) from None
    for key in fields:
        if key not in KEYS:
            raise _unknown_key(key)
    for key in TEXTS:
        if not isinstance(fields.get(key, ""), str | None):
            raise _refuse(f"{key} is no text.", 'Put it in quotation marks: "…".')
    if not re.fullmatch(r"[A-Za-z][\w.+-]*", fields.get("conn_type") or ""):
        raise _refuse("The connection has no conn_type, or not the name of one.", FORMS)
    _validate_port(fields.get("port"))
    _validate_extra(fields.get("extra"))
    return str(fields["conn_type"])


def _unknown_key(key: str) -> PlatformError:
    """Error that names Airflow's key; the wrong one may be anything, even a part of a secret."""
    near = SYNONYMS.get(key.lower()) or nearest(key, KEYS)
    return _refuse(
        "The object has a key that no connection has.",
        f"Did you mean {near}? " if near else f"Keys are {', '.join(KEYS)}; others go into extra.",
    )


def _validate_port(port: Any) -> None:
    """Airflow makes a number of a text."""
    if port is None or (isinstance(port, str) and re.fullmatch(r"[0-9]{0,5}", port)):
        port = int(port or 0)
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= MAX_PORT:
        raise _refuse("port is no number of a port.", f"Give a number up to {MAX_PORT}.")


def _validate_extra(extra: Any) -> None:
    """Airflow 3 refuses what is no JSON object; Airflow 2 warns, and hooks fail."""
    if extra in (None, "", {}):
        return
    if isinstance(extra, str):
        try:
            extra = json.loads(extra)
        except (ValueError, RecursionError):
            extra = None
    if not isinstance(extra, dict):
        raise _refuse("extra is no JSON object.", 'Give an object, such as {"region_name": "…"}.')


def _of_uri(text: str) -> str:
    if not text.isascii() or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise _refuse("A URI has no spaces, second lines or letters outside ASCII.", QUOTE)
    connection_type, colon, rest = text.partition("://")
    if not colon:
        raise _refuse("That is neither a URI nor a JSON object.", FORMS)
    if "_" in connection_type:
        raise _refuse(
            "The type of a URI has no underscore, or Airflow loses type and host.",
            "Write - for _ before ://, as in google-cloud-platform://; Airflow reads it as _.",
        )
    if not re.fullmatch(SCHEME, connection_type):
        raise _refuse("The type before :// is none.", f"It has small letters. {FORMS}")
    _validate_parts(connection_type, rest)
    return connection_type


def _validate_parts(connection_type: str, rest: str) -> None:
    """Raises PlatformError for what follows the type, where the host may have its own protocol.

    Airflow takes the type out wherever it stands, so that a protocol of the same name is lost.
    """
    protocol, has_protocol, address = rest.partition("://")
    is_second = "://" in address or f"{connection_type}://" in rest
    if has_protocol and (is_second or not re.fullmatch(SCHEME, protocol)):
        raise _refuse("A part behind the type has a :// of its own.", QUOTE)
    try:
        parts = urlsplit(f"//{address if has_protocol else rest}")
        _ = parts.port
    except ValueError:
        raise _refuse("What stands behind the host is no number of a port.", QUOTE) from None
    if "#" in rest or "@" in parts.path or _is_badly_quoted(parts):
        raise _refuse("A character is not percent-encoded that must be, or a % too many.", QUOTE)
    _validate_extra(dict(parse_qsl(parts.query, keep_blank_values=True)).get("__extra__"))


def _is_badly_quoted(parts: SplitResult) -> bool:
    """Whether a % begins no code, or Airflow would drop a part of the query, which lacks its =."""
    is_pair = (bool(re.match("[^=]+=", each)) for each in parts.query.split("&") if each)
    has_wrong_code = re.search(r"%(?![0-9A-Fa-f]{2})", f"{parts.netloc}{parts.path}")
    return bool(has_wrong_code) or not all(is_pair)
