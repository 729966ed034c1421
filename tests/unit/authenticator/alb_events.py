"""The function's input: tokens as the load balancer signs them, and its events."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from authenticator import links

_OURS = "arn:aws:elasticloadbalancing:eu-west-1:000000000000"
ALB_ARN = f"{_OURS}:loadbalancer/app/mwaa-platform/50dc6c495c0c9188"
TARGET_GROUPS = f"{_OURS}:targetgroup/mwaa-platform-authn/"
ISSUER = "https://identity.example.com"
CLIENT = "mwaa-platform"
KEY_ID = "7a0f3f4e-1a52-4a1b-9d36-0e4f8b1c2d3e"
SIGN_IN = "/aws_mwaa/aws-console-sso"
TRACE = "1-67891234-abcdef012345678912345678"
ADDRESS = "203.0.113.9"
"""Where a visitor calls the load balancer from."""
BROWSER = "Mozilla/5.0"
PORTAL_SECRET = "0123456789abcdef" * 2
PORTAL_COOKIE = f"{links.COOKIE}={PORTAL_SECRET}"
"""Cookie of a browser that has been to the portal."""


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC_PEM = public_pem(KEY)
ADA = {"sub": "1", "email": "ada@example.com", "email_verified": True, "groups": ["data"]}
BO = {"sub": "2", "email": "b@example.com", "email_verified": True}


def segment(value: bytes | Mapping[str, Any]) -> str:
    """Base64url with its padding, as the load balancer writes it, within the signing input."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).decode()


def header(**changes: Any) -> dict[str, Any]:
    """A token's header; a change to None leaves the field out."""
    fields = {
        "typ": "JWT",
        "kid": KEY_ID,
        "alg": "ES256",
        "iss": ISSUER,
        "client": CLIENT,
        "signer": ALB_ARN,
        "exp": int(time.time()) + 120,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def token(
    claims: bytes | Mapping[str, Any] = ADA,
    key: ec.EllipticCurvePrivateKey = KEY,
    **header_changes: Any,
) -> str:
    """A signed sign-in token."""
    signed = f"{segment(header(**header_changes))}.{segment(claims)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{segment(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def event(
    path: str = "/",
    query: Mapping[str, list[str]] | None = None,
    *,
    method: str = "GET",
    sign_in: str | list[str] | None = None,
    target_group: str = f"{TARGET_GROUPS}73e2d6bc24d8a067",
    **headers: str | list[str],
) -> dict[str, Any]:
    """An event as a load balancer with multi-value headers sends it; `_` in a name is `-`."""
    sent = {
        "host": ["airflow.example.com"],
        "user-agent": [BROWSER],
        # Each begins or ends with what the client sent.
        "x-amzn-trace-id": [f"Self={TRACE};Root=1-00000000-000000000000000000000000"],
        "x-forwarded-for": [f"198.51.100.7, {ADDRESS}"],
    }
    if sign_in is not None:
        sent["x-amzn-oidc-data"] = [sign_in] if isinstance(sign_in, str) else sign_in
    for name, value in headers.items():
        sent[name.replace("_", "-")] = [value] if isinstance(value, str) else value
    return {
        "requestContext": {"elb": {"targetGroupArn": target_group}},
        "httpMethod": method,
        "path": path,
        "multiValueQueryStringParameters": query,
        "multiValueHeaders": sent,
        "body": "",
        "isBase64Encoded": False,
    }


def proof(environment: str, role: str, secret: str = PORTAL_SECRET) -> str:
    """The value that the portal writes into this link, for the browser with the secret."""
    link = links.link(unquote(environment), unquote(role), secret)
    (value,) = parse_qs(link)[links.PROOF]
    return value


def deep_link(
    environment: str = "analytics", role: str = "Viewer", *, portal: bool = True, **more: Any
) -> dict[str, Any]:
    """The event of a person with a good token who follows a link of the portal.

    Without `portal` the link comes from elsewhere; the browser has the portal's cookie still.
    """
    query = {"mwaa_env": [environment], "rbac_role": [role]}
    if portal:
        query[links.PROOF] = [proof(environment, role)]
    return event(SIGN_IN, query, **{"sign_in": token(), "cookie": PORTAL_COOKIE, **more})
