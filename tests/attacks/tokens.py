"""Tokens that our load balancer did not sign for us.

Each is sent straight to the function, as an admin's, with a link that the admin may follow.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from local.alb.claims import SigningKey
from tests.attacks import keys
from tests.attacks.attack import CLOSED, REFUSED, Attack, Expectation, Place
from tests.attacks.target import ADMIN, Response, Target

Forgery = str | list[str]
Forge = Callable[[Target], Iterator[Forgery]]
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def segment(content: bytes | Mapping[str, Any] | list[Any]) -> str:
    """Base64url, padded as the load balancer does it."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).decode()


def header(target: Target, **changes: Any) -> dict[str, Any]:
    """The header of a good token; a change to None leaves a field out."""
    fields = {
        "typ": "JWT",
        "kid": keys.REGION.kid,
        "alg": "ES256",
        "iss": target.authentication.issuer,
        "client": target.authentication.client_id,
        "signer": target.load_balancer.signer,
        "exp": int(time.time()) + 120,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def signed(head: str, claims: str, key: SigningKey = keys.REGION) -> str:
    """A token of two segments, whatever they are."""
    return f"{head}.{claims}.{segment(key.sign(f'{head}.{claims}'))}"


def with_header(**changes: Any) -> Forge:
    """A good signature over a header with one thing changed, in one way or in several."""

    def forge(target: Target) -> Iterator[Forgery]:
        [(name, values)] = changes.items()
        for value in values if isinstance(values, tuple) else (values,):
            yield signed(segment(header(target, **{name: value})), segment(ADMIN))

    return forge


def _other_load_balancer(target: Target) -> Iterator[Forgery]:
    arn = target.load_balancer.signer
    start, _, own = arn.rpartition("/")
    for foreign in (
        arn.replace("000000000000", "111111111111"),
        f"{start}/{own[::-1]}",
        f"{arn}/x",
        arn.upper(),
        arn[:-1],
    ):
        for key in (keys.REGION, keys.NEIGHBOUR):
            yield target.foreign_token(ADMIN, foreign, key)


def _unpublished(target: Target) -> Iterator[Forgery]:
    yield target.token(ADMIN, keys.UNPUBLISHED)
    yield signed(segment(header(target)), segment(ADMIN), keys.UNPUBLISHED)
    yield signed(segment(header(target)), segment(ADMIN), keys.NEIGHBOUR)


def _none(target: Target) -> Iterator[Forgery]:
    for name in ("none", "None", "NONE", "nOnE", ""):
        text = f"{segment(header(target, alg=name))}.{segment(ADMIN)}"
        yield f"{text}."
        yield text
        yield f"{text}.{segment(keys.REGION.sign(text))}"


def _hs256(target: Target) -> Iterator[Forgery]:
    pem = keys.REGION.public_key
    for algorithm in ("HS256", "ES256"):
        for secret in (pem, pem.strip(), b""):
            text = f"{segment(header(target, alg=algorithm))}.{segment(ADMIN)}"
            yield f"{text}.{segment(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def _rs256(target: Target) -> Iterator[Forgery]:
    for algorithm in ("RS256", "ES256"):
        text = f"{segment(header(target, alg=algorithm, kid=keys.RSA_ID))}.{segment(ADMIN)}"
        scheme = padding.PKCS1v15()
        yield f"{text}.{segment(keys.RSA.sign(text.encode(), scheme, hashes.SHA256()))}"


def _es384(target: Target) -> Iterator[Forgery]:
    for algorithm, digest in (("ES384", hashes.SHA384()), ("ES256", hashes.SHA256())):
        text = f"{segment(header(target, alg=algorithm, kid=keys.P384_ID))}.{segment(ADMIN)}"
        r, s = decode_dss_signature(keys.P384.sign(text.encode(), ec.ECDSA(digest)))
        yield f"{text}.{segment(r.to_bytes(48, 'big') + s.to_bytes(48, 'big'))}"


def _own_key_inside(target: Target) -> Iterator[Forgery]:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": segment(point.x.to_bytes(32, "big")),
        "y": segment(point.y.to_bytes(32, "big")),
    }
    for name, value in (
        ("jwk", jwk),
        ("jku", f"{target.endpoint}/keys.json"),
        ("x5u", f"{target.endpoint}/chain.pem"),
        ("x5c", [segment(b"certificate")]),
    ):
        head = segment(header(target, **{name: value}))
        yield signed(head, segment(ADMIN), keys.UNPUBLISHED)


def _kids(target: Target) -> tuple[Any, ...]:
    kid = keys.REGION.kid
    return (
        kid.upper(),
        f"../keys/{kid}",
        f"{kid}/../{kid}",
        f"{kid}?x=1",
        f"{kid}#",
        f"{kid}\n",
        f" {kid}",
        f"{target.endpoint}/keys/{kid}",
        f"//localhost/keys/{kid}",
        f"%2e%2e/keys/{kid}",
        kid.replace("-", ""),
        kid.replace(kid[0], "\uff10", 1),
        "",
        [kid],
        {"kid": kid},
        0,
    )


def _kid(target: Target) -> Iterator[Forgery]:
    before = len(target.asked_for_keys)
    for kid in _kids(target):
        yield signed(segment(header(target, kid=kid)), segment(ADMIN))
    fields = header(target, kid=None)
    yield signed(segment(fields), segment(ADMIN))
    assert len(target.asked_for_keys) == before, "an odd kid has reached the key endpoint"


def _changed_after_signing(target: Target) -> Iterator[Forgery]:
    head, claims, signature = target.token({**ADMIN, "email": "stranger@example.com"}).split(".")
    other = target.token({**ADMIN, "groups": ["x"]}).split(".")
    yield f"{head}.{segment(ADMIN)}.{signature}"
    yield f"{segment(header(target, typ='jwt'))}.{segment(ADMIN)}.{signature}"
    yield f"{head}.{claims}.{other[2]}"
    yield f"{segment(header(target))}..{signature}"


def _signatures(target: Target) -> Iterator[Forgery]:
    text = target.token(ADMIN).rpartition(".")[0]
    raw = keys.REGION.sign(text)
    r, s = raw[:32], raw[32:]
    beyond = (int.from_bytes(s, "big") + P256_ORDER).to_bytes(33, "big")
    zero = bytes(32)
    for signature in (b"", zero + zero, r + zero, zero + s, raw[:-1], raw + b"\0", r + beyond):
        yield f"{text}.{segment(signature)}"
    yield f"{text}.{'=' * 88}"
    one = (1).to_bytes(32, "big")
    yield f"{text}.{segment(one + one)}"
    yield f"{text}.{segment(s + r)}"


def _padding(target: Target) -> Iterator[Forgery]:
    for length in range(3):
        head = segment(_of_length(header(target), length))
        claims = segment(_of_length({**ADMIN, "name": "\u07ff?>" * 3}, length))
        whole = signed(head, claims)
        signature = whole.rpartition(".")[2]
        if length:
            yield f"{_unpadded(head)}.{claims}.{signature}"
            yield f"{head}.{_unpadded(claims)}.{signature}"
        yield f"{head}.{_in_standard_letters(claims)}.{signature}"
        for change in (_padded_more, _spaced):
            yield f"{change(head)}.{claims}.{signature}"
            yield f"{head}.{change(claims)}.{signature}"


def _of_length(content: Mapping[str, Any], remainder: int) -> bytes:
    """JSON whose length divided by three leaves `remainder`, so that its padding is known."""
    raw = json.dumps(content, ensure_ascii=False).encode()
    return raw + b" " * ((remainder - len(raw)) % 3)


def _unpadded(text: str) -> str:
    return text.rstrip("=")


def _padded_more(text: str) -> str:
    return f"{text}===="


def _spaced(text: str) -> str:
    return f"{text[:4]} {text[4:]}"


def _in_standard_letters(text: str) -> str:
    return text.replace("-", "+").replace("_", "/")


def _around(target: Target) -> Iterator[Forgery]:
    token = target.token(ADMIN)
    for garbage in ("x", ".", ".e30=", " ", "\n", "\0", ",", ";q=1", "\u00e9", "=" * 4):
        yield token + garbage
    for garbage in (" ", ".", "Bearer ", "e30=.", "\n"):
        yield garbage + token


def _several(target: Target) -> Iterator[Forgery]:
    token, other = target.token(ADMIN), target.token({**ADMIN, "email": "viewer@example.com"})
    yield [token, token]
    yield [other, token]
    yield ["", token]
    yield [token, "e30=.e30=.AAAA"]
    yield f"{token}, {token}"
    yield f"{token},{other}"
    yield []


def _empty(_: Target) -> Iterator[Forgery]:
    yield from ("", " ", ".", "..", "...", "e30=.e30=.AAAA", "null", "{}", "undefined")


def _oversized(target: Target) -> Iterator[Forgery]:
    yield target.token({**ADMIN, "name": "x" * 20_000})
    yield "A" * 1_000_000
    yield segment(b"[" * 100_000)
    yield signed(segment(b"[" * 6_000), segment(b"{" * 6_000))


def _not_objects(target: Target) -> Iterator[Forgery]:
    good = segment(header(target))
    for content in (b"null", b"[]", b'"admin@example.com"', b"1", b"\xff\xfe", b"", b"{", b"NaN"):
        yield signed(good, segment(content))
        yield signed(segment(content), segment(ADMIN))
    yield signed(good, segment([ADMIN]))


_IS_OUR_ISSUER_NOT = ("https://idp.example.com", "", None, 0, True)

# A region has no such keys. Where its endpoint serves one, it is not to be believed.
NO_KEYS_OF_AWS: tuple[tuple[str, str, Forge], ...] = (
    ("RSA", "signs with an RSA key that the key endpoint serves", _rs256),
    ("P-384", "signs with a P-384 key that the key endpoint serves", _es384),
)
FORGERIES: tuple[tuple[str, str, Forge], ...] = (
    (
        "another load balancer",
        "signs an admin's claims with a load balancer of another account, or of ours, that names "
        "our issuer and client",
        _other_load_balancer,
    ),
    (
        "other issuer",
        "has our load balancer's signature over another issuer, or ours spelt differently",
        lambda target: (
            each
            for issuer in (*_IS_OUR_ISSUER_NOT, f"{target.issuer}/", target.issuer.upper())
            for each in with_header(iss=issuer)(target)
        ),
    ),
    (
        "list of issuers",
        "puts our issuer into a list",
        lambda target: with_header(iss=[target.issuer])(target),
    ),
    (
        "other client",
        "has a signature for another client of our provider",
        with_header(client=("other-client", "", None, "MWAA-PLATFORM", "mwaa-platform ", 0)),
    ),
    ("no algorithm", "says that the token needs no signature", _none),
    ("public key as secret", "signs with HMAC and the public key as the secret", _hs256),
    (
        "other algorithm",
        "names another algorithm, none at all, or a list",
        with_header(alg=("ES384", "ES512", "ES256K", "EdDSA", "es256", None, "ES256,none", 256)),
    ),
    ("key of one's own", "brings the key, or its address, within the token", _own_key_inside),
    ("unpublished key", "signs with a key that is not the one named", _unpublished),
    (
        "expired",
        "replays a token whose time is over",
        lambda target: (
            each
            for age in (0, 1, 120, 10**9, 10**12)
            for each in with_header(exp=int(time.time()) - age)(target)
        ),
    ),
    (
        "odd expiry",
        "leaves the expiry out, or writes it as text, infinity, a fraction or a truth value",
        with_header(
            exp=(
                None,
                "9999999999",
                float("inf"),
                float("nan"),
                9999999999.5,
                True,
                "",
                {},
                -1,
            )
        ),
    ),
    (
        "odd key id",
        "names a key by traversal, URL, capitals, blanks or no text; nothing is fetched for it",
        _kid,
    ),
    (
        "critical extension",
        "demands an extension that nobody here knows",
        with_header(crit=(["b64"], ["exp"], "b64")),
    ),
    ("changed claims", "exchanges header, claims or signature of tokens", _changed_after_signing),
    ("odd signature", "sends no, a zero, a longer, a shorter or a swapped signature", _signatures),
    ("padding", "changes padding, letters or blanks of the signed segments", _padding),
    ("garbage around", "puts something before or after a good token", _around),
    ("several tokens", "sends two tokens, in two headers or with a comma, or none", _several),
    ("no token", "sends something empty", _empty),
    ("oversized token", "sends up to a megabyte, or deeply nested JSON", _oversized),
    ("no objects", "signs something else than objects", _not_objects),
)


def _attack(name: str, does: str, forge: Forge, must: Expectation = REFUSED) -> Attack:
    def run(target: Target) -> Iterator[Response]:
        for token in forge(target):
            yield target.function(target.link(sign_in=token))

    return Attack(f"token: {name}", does, Place.FUNCTION, must, run)


def _plain_headers(target: Target) -> Iterator[Response]:
    forged = {"x-amzn-oidc-identity": "admin@example.com", "x-amzn-oidc-accesstoken": "canary"}
    for more in ({}, {"x-amzn-oidc-data": "e30=.e30=.AAAA"}):
        yield target.function(target.link(**forged, **more))


def _header_case(target: Target) -> Iterator[Response]:
    token = target.token(ADMIN)
    for names in (
        ("X-Amzn-Oidc-Data", "x-amzn-oidc-data"),
        ("X-AMZN-OIDC-DATA", "x-amzn-oidc-DATA"),
        ("x_amzn_oidc_data",),
        ("x-amzn-oidc-data ",),
    ):
        event = target.link()
        event["multiValueHeaders"] |= {name: [token] for name in names}
        yield target.function(event)


ATTACKS = (
    *(_attack(*forgery) for forgery in FORGERIES),
    *(_attack(*forgery, CLOSED) for forgery in NO_KEYS_OF_AWS),
    Attack(
        "token: plain headers",
        "claims to be an admin in the headers beside the token",
        Place.FUNCTION,
        REFUSED,
        _plain_headers,
    ),
    Attack(
        "token: names of headers",
        "sends good tokens under names that differ in case, or that only look right",
        Place.FUNCTION,
        REFUSED,
        _header_case,
    ),
)
