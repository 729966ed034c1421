"""Proof of who is there: the token that our own load balancer signs for each request.

The signing keys of a region belong to the load balancers of all its accounts, so a good signature
proves little by itself: the signer, the issuer and the client must be ours as well.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import jwt

from authenticator.errors import NOT_SIGNED_IN, RefusedError
from authenticator.request import Request
from authenticator.settings import Settings

HEADER = "x-amzn-oidc-data"
ALGORITHM = "ES256"
MAX_CHARACTERS = 16 * 1024  # the ALB passes at most 11 KB of claims, here in base64
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GARBLED = (jwt.InvalidTokenError, ValueError, RecursionError)


def verify_sign_in(
    request: Request, settings: Settings, public_key: Callable[[str], Any]
) -> dict[str, Any]:
    """The claims about the person; `public_key` gives the key of a key id.

    `RefusedError` unless the request carries exactly one token, in date, that our load balancer
    signed for our client of our identity provider. Other headers about the person are ignored.
    """
    token = request.header(HEADER)
    if token is None:
        raise _refused(f"{len(request.headers.get(HEADER, []))} tokens")
    if len(token) > MAX_CHARACTERS:
        raise _refused("token too long")
    try:
        header = jwt.get_unverified_header(token)
    except _GARBLED as error:
        raise _refused("garbled token") from error
    _check_header(header, settings)
    key = public_key(header["kid"])
    try:
        # Not jwt.decode: these claims are the provider's userinfo, not a JWT's registered ones.
        verified = jwt.PyJWS().decode_complete(token, key, algorithms=[ALGORITHM])
        claims = json.loads(verified["payload"])
    except _GARBLED as error:
        raise _refused("bad signature") from error
    if not isinstance(claims, dict):
        raise _refused("claims are not an object")
    return claims


def _check_header(header: dict[str, Any], settings: Settings) -> None:
    """Check what the signature covers, before a key is fetched for it."""
    expected = {
        "alg": ALGORITHM,
        "signer": settings.alb_arn,
        "iss": settings.issuer,
        "client": settings.client_id,
    }
    for name, value in expected.items():
        if header.get(name) != value:
            raise _refused(f"foreign {name}")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not _UUID.fullmatch(key_id):
        raise _refused("kid is not a UUID")
    expires = header.get("exp")
    if type(expires) is not int or expires <= time.time():
        raise _refused("expired")


def _refused(reason: str) -> RefusedError:
    return RefusedError(NOT_SIGNED_IN, f"sign-in token: {reason}")
