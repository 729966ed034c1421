"""The signed claims that a load balancer passes to its targets."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.alb.load_balancer import AuthenticateOidcConfig

LIFETIME_SECONDS = 120
COORDINATE_BYTES = 32


class SigningKey:
    """The signing key of the load balancers in a Region, shared by all accounts as in AWS."""

    def __init__(self) -> None:
        self.kid = str(uuid.uuid4())
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> bytes:
        """The PEM file that the Region's public-key endpoint returns for `kid`."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, text: str) -> bytes:
        """The signature in the form of JWTs: both coordinates, concatenated."""
        r, s = utils.decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(SHA256())))
        return r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")


class ClaimsSigner:
    """Signs `x-amzn-oidc-data` as the load balancer with the ARN `signer`.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    """

    def __init__(self, signer: str, key: SigningKey) -> None:
        self.signer = signer
        self._key = key

    def sign(self, claims: Mapping[str, Any], config: AuthenticateOidcConfig) -> str:
        """A JWT of the claims. Against the standard, its segments are padded, and signed so."""
        expires = int(time.time()) + LIFETIME_SECONDS
        header = {
            "typ": "JWT",
            "kid": self._key.kid,
            "alg": "ES256",
            "iss": config.issuer,
            "client": config.client_id,
            "signer": self.signer,
            "exp": expires,
        }
        payload = {**claims, "exp": expires, "iss": config.issuer}
        signed = f"{_segment(header)}.{_segment(payload)}"
        return f"{signed}.{base64.urlsafe_b64encode(self._key.sign(signed)).decode()}"


def _segment(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
