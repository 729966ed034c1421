"""Signing keys of a region's load balancers, whose private halves the tests know."""

from __future__ import annotations

from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.alb.claims import SigningKey

REGION = SigningKey()
"""Signs for the platform's load balancer; in AWS, for those of other accounts as well."""

NEIGHBOUR = SigningKey()
"""Another key of the region, published as well."""

UNPUBLISHED = SigningKey()

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_ID = str(uuid4())
P384 = ec.generate_private_key(ec.SECP384R1())
P384_ID = str(uuid4())


def _pem(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


PUBLISHED = {
    REGION.kid: REGION.public_key,
    NEIGHBOUR.kid: NEIGHBOUR.public_key,
    RSA_ID: _pem(RSA.public_key()),
    P384_ID: _pem(P384.public_key()),
}
