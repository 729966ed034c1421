"""Verification of the token that our load balancer signs for each request.

Load balancers of all accounts in a Region share its signing keys. So a valid signature is not
enough: the signer, the issuer and the client must be ours as well.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from authenticator.errors import NOT_SIGNED_IN, RefusedError
from authenticator.request import AlbRequest
from authenticator.settings import Settings

HEADER = "x-amzn-oidc-data"
ALGORITHM = "ES256"
COORDINATE_BYTES = 32  # of P-256; an ES256 signature is two of them (RFC 7518, section 3.4)
MAX_LENGTH = 16 * 1024  # the ALB passes at most 11 KB of claims, here in base64
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*={0,2}")
_DECODING_ERRORS = (ValueError, RecursionError)


def verify_sign_in_token(
    request: AlbRequest, settings: Settings, public_key: Callable[[str], EllipticCurvePublicKey]
) -> dict[str, Any]:
    """Returns the verified claims; `public_key` returns the key of a key id.

    Raises `RefusedError` unless the request has exactly one token, not expired, that our load
    balancer signed for our client of our identity provider. Other headers with claims are ignored.
    """
    token = request.header(HEADER)
    if token is None:
        raise _refused(f"{len(request.headers.get(HEADER, []))} tokens")
    if len(token) > MAX_LENGTH:
        raise _refused("token too long")
    signed, _, signature = token.rpartition(".")
    header, _, claims = signed.partition(".")
    fields = _read_object(header)
    _check_header(fields, settings)
    _check_signature(public_key(fields["kid"]), signed, signature)
    return _read_object(claims)


def _read_object(segment: str) -> dict[str, Any]:
    try:
        content = json.loads(_decode(segment))
    except _DECODING_ERRORS as error:
        raise _refused("garbled token") from error
    if not isinstance(content, dict):
        raise _refused("not an object")
    return content


def _decode(segment: str) -> bytes:
    """Decodes base64url with the load balancer's padding, or without it as in the standard."""
    if not _BASE64URL.fullmatch(segment):  # the decoder also accepts + and /
        raise ValueError
    return base64.b64decode(segment + "=" * (-len(segment) % 4), altchars="-_", validate=True)


def _check_signature(key: EllipticCurvePublicKey, signed: str, signature: str) -> None:
    try:
        raw = _decode(signature)
        if len(raw) != 2 * COORDINATE_BYTES:
            raise _refused("signature of another length")
        r, s = raw[:COORDINATE_BYTES], raw[COORDINATE_BYTES:]
        encoded = encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
        key.verify(encoded, signed.encode(), ECDSA(SHA256()))
    except (ValueError, InvalidSignature) as error:
        raise _refused("bad signature") from error


def _check_header(header: dict[str, Any], settings: Settings) -> None:
    """Checks what the signature covers, before its key is fetched."""
    expected = {
        "alg": ALGORITHM,
        "signer": settings.alb_arn,
        "iss": settings.issuer,
        "client": settings.client_id,
        "crit": None,  # critical extensions, of which the ALB has none
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
