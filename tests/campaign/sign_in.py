"""Targets within the sign-in: the authenticator in this process, with AWS and the keys made up.

Ada, and Kirk as well, may view analytics, and nobody may do anything else. When a token may come of
a request is decided here anew, by rules that share no code with the function's.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from authenticator import handler, routes
from authenticator.environment_states import EnvironmentStates
from authenticator.errors import NOT_SIGNED_IN, RefusedError
from authenticator.person import ClaimRules
from authenticator.routes import Router
from authenticator.settings import load_settings
from tests.campaign.promise import promise
from tests.unit.authenticator.alb_events import ADA, BO, KEY_ID, SIGN_IN, deep_link, event, token
from tests.unit.authenticator.conftest import ENVIRONMENTS, deployed_variables

KEY = ec.derive_private_key(0xCA3FA16, ec.SECP256R1())
"""Of the load balancer. It is the same in each run, so that tokens can be kept as files."""
NEVER = 4_102_444_800
HOST = "airflow.example.com"
WEB_TOKEN = "canary-web-token"
DEFAULT_RULES = ClaimRules()
PATHS = (SIGN_IN, f"/pluginsv2{SIGN_IN}")
ADDRESSES = ("ada@example.com", "kirk@example.com")
"""Of those with a grant. The second has letters that others fold into."""

KEYS = [{"principal": {"S": f"user:{each}"}, "source": {"S": "manual"}} for each in ADDRESSES]
"""Of the table's items."""

Claims = Mapping[str, Any]


def issued(claims: bytes | Claims, expires: int = NEVER) -> str:
    """A token as our load balancer signs it."""
    return token(claims, KEY, exp=expires)


SIGNED_FOR_ADA = issued(ADA).rpartition(".")[0]
"""What our load balancer has signed in her tokens of the campaign, without the signature."""


class _Aws:
    """The services, with one grant; `minted` has the environment of each web login."""

    dynamodb = sts = mwaa = property(lambda self: self)

    def __init__(self) -> None:
        self.minted: list[str] = []

    def __getattr__(self, operation: str) -> str:
        return operation

    def start_request(self) -> None:
        """It has time without end."""

    def require_time(self, name: str) -> None:
        """It has."""

    def call(self, operation: str, **asked: Any) -> dict[str, Any]:
        match operation:
            case "batch_get_item":
                ((table, wanted),) = asked["RequestItems"].items()
                grant = {"analytics": {"M": {"roles": {"SS": ["Viewer"]}}}}
                found = [{**key, "grants": {"M": grant}} for key in KEYS if key in wanted["Keys"]]
                return {"Responses": {table: found}, "UnprocessedKeys": {}}
            case "assume_role":
                names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
                return {"Credentials": dict.fromkeys(names, "canary-credential")}
        return {"Environment": {"Status": "AVAILABLE", "AirflowVersion": "2.10.3"}}

    def create_web_login_token(self, environment: str, _: object) -> dict[str, Any]:
        self.minted.append(environment)
        return {"WebServerHostname": "airflow.example.com", "WebToken": WEB_TOKEN}


@cache
def _deployed(rules: ClaimRules) -> tuple[Router, _Aws]:
    variables = deployed_variables("http://127.0.0.1:9", "https://127.0.0.1:9", Path("none"))
    with TemporaryDirectory() as folder:
        environments = Path(folder) / "environments.json"
        environments.write_text(json.dumps(ENVIRONMENTS))
        settings = load_settings({**variables, "PORTAL_HOST": HOST}, environments)
    router, aws = Router(replace(settings, claim_rules=rules)), _Aws()
    router._aws = aws  # type: ignore[assignment]
    router._states = EnvironmentStates(aws)  # type: ignore[arg-type]
    return router, aws


def _public_key(_: str, key_id: str) -> ec.EllipticCurvePublicKey:
    if key_id != KEY_ID:
        raise RefusedError(NOT_SIGNED_IN, "unknown kid")
    return KEY.public_key()


def _respond(sent: Any, may_open: Callable[[], bool], rules: ClaimRules = DEFAULT_RULES) -> None:
    """Has the function answer an event; `may_open` says whether a token may come of it."""
    router, aws = _deployed(rules)
    aws.minted.clear()
    written = io.StringIO()
    with (
        redirect_stdout(written),
        patch.object(handler, "_router", lambda: router),
        patch.object(routes, "public_key", _public_key),
    ):
        answer = json.loads(json.dumps(handler.handle(sent, None)))
    [line] = written.getvalue().splitlines()
    promise(answer["statusCode"] != 500, f"an error that nobody thought of: {line}")
    for name, values in answer["multiValueHeaders"].items():
        for text in (name, *values):
            promise(text.isascii() and text.isprintable(), f"a header {text!r}")
    promise(WEB_TOKEN not in line + answer["body"], "a token where others read it")
    location = "".join(answer["multiValueHeaders"].get("Location", ()))
    promise(bool(aws.minted) == (WEB_TOKEN in location), "a token that goes elsewhere")
    promise(not aws.minted or may_open(), f"a token without a grant: {line}")
    promise(aws.minted in ([], ["analytics"]), f"a token for {aws.minted}")


def _has_a_grant(claims: Any) -> bool:
    """Whether verified claims name one of them."""
    return (
        isinstance(claims, dict)
        and isinstance(email := claims.get("email"), str)
        and email.isascii()
        and email.lower() in ADDRESSES
        and (claims.get("email_verified", True) is True or claims["email_verified"] == "true")
        and isinstance(claims.get("sub"), str)
    )


def _is_adas(text: str) -> bool:
    """Whether a token is Ada's, by another library."""
    with suppress(jwt.PyJWTError):
        jwt.PyJWS().decode(text, KEY.public_key(), algorithms=["ES256"])
        return _padded(text.rpartition(".")[0]) == _padded(SIGNED_FOR_ADA)
    return False


def _padded(signed: str) -> list[bytes]:
    """The segments decoded: base64 without its padding says the same."""
    return [base64.urlsafe_b64decode(each.rstrip("=") + "==") for each in signed.split(".")]


def read_token(data: bytes) -> None:
    """The header with the token, of somebody who follows a link to what Ada may open."""
    text = data.decode(errors="surrogateescape")
    _respond(deep_link(sign_in=text), lambda: _is_adas(text))


def read_claims(data: bytes) -> None:
    """Claims that the provider gave; the first byte chooses the rules for them."""
    flags, claims = (data[:1] or b"\0")[0], data[1:]
    rules = ClaimRules(
        group_paths=bool(flags & 1),
        groups_as_text=bool(flags & 2),
        require_verified_email=bool(flags & 4),
    )

    def may_open() -> bool:
        return _has_a_grant(json.loads(claims))

    _respond(deep_link(sign_in=issued(claims)), may_open, rules)


def read_host_and_path(data: bytes) -> None:
    """The host, and on the next line the path, of a request of Ada's."""
    host, _, path = data.decode(errors="surrogateescape").partition("\n")
    sent = {**deep_link(sign_in=issued(ADA), host=host), "path": path}

    def may_open() -> bool:
        name, colon, port = host.partition(":")
        is_plain = not colon or (port.isascii() and port.isdigit())
        return name.isascii() and name.lower() == HOST and is_plain and path in PATHS

    _respond(sent, may_open)


def read_event(data: bytes) -> None:
    """An event as JSON, `$ada` and `$bo` in its headers being tokens of theirs; else its body."""
    sent: Any = event("/", sign_in=issued(BO)) | {"body": data.decode(errors="replace")}
    with suppress(ValueError, RecursionError):
        text = data.decode()
        for name, claims in {"$ada": ADA, "$bo": BO}.items():
            text = text.replace(name, issued(claims))
        sent = json.loads(text)

    def may_open() -> bool:
        headers = {name.lower(): values for name, values in sent["multiValueHeaders"].items()}
        query = sent["multiValueQueryStringParameters"]
        asked = [unquote(*map(str, query[name])) for name in ("mwaa_env", "rbac_role")]
        [shown] = headers["x-amzn-oidc-data"]
        is_here = str(headers["host"][0]).partition(":")[0].lower() == HOST
        place = (sent["httpMethod"], sent["path"] in PATHS)
        return _is_adas(shown) and is_here and asked == ["analytics", "Viewer"] and all(place)

    _respond(sent, may_open)
