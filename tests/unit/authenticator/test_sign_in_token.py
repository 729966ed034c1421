"""Verification of the load balancer's token: issuer, client, signer, key and expiry."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from authenticator import public_keys
from tests.unit.authenticator.alb_events import (
    ADA,
    ALB_ARN,
    KEY,
    KEY_ID,
    OTHER_KEY,
    PUBLIC_PEM,
    TARGET_GROUPS,
    deep_link,
    event,
    header,
    segment,
    token,
)
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import FakeAws, KeyEndpoint


def _unsigned(algorithm: str) -> str:
    return f"{segment(header(alg=algorithm))}.{segment(ADA)}."


def _hmac_with_public_key() -> str:
    signed = f"{segment(header(alg='HS256'))}.{segment(ADA)}"
    return f"{signed}.{segment(hmac.digest(PUBLIC_PEM, signed.encode(), hashlib.sha256))}"


def _with_claims_of_another() -> str:
    first, _, signature = token().split(".")
    return f"{first}.{segment(ADA | {'email': 'admin@example.com'})}.{signature}"


def _with_signature(change: Callable[[str], str]) -> str:
    first, claims, signature = token().split(".")
    return f"{first}.{claims}.{change(signature)}"


def _with_a_zero(signature: str) -> str:
    """The same two numbers in 65 bytes, where ES256 has 64."""
    raw = base64.urlsafe_b64decode(signature)
    return segment(raw[:32] + b"\0" + raw[32:])


def _in_other_letters() -> str:
    """The same signature with the letters that base64url has replaced."""
    signed, _, signature = next(
        parts for parts in iter(lambda: token().rpartition("."), None) if {"-", "_"} & {*parts[2]}
    )
    return f"{signed}.{signature.replace('-', '+').replace('_', '/')}"


FORGED: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "no token": lambda: "nonsense",
    "two segments": lambda: token().rsplit(".", 1)[0],
    "four segments": lambda: f"{token()}.{segment(b'x')}",
    "not base64": lambda: "é.é.é",
    "header is a list": lambda: f"{segment(b'[]')}.{segment(ADA)}.{segment(b'x' * 64)}",
    "header nested deep": lambda: f"{segment(b'[' * 9000)}.{segment(ADA)}.{segment(b'x' * 64)}",
    "alg none": lambda: _unsigned("none"),
    "alg NONE": lambda: _unsigned("NONE"),
    "alg es256": lambda: token(alg="es256"),
    "alg missing": lambda: token(alg=None),
    "alg a list": lambda: token(alg=["ES256"]),
    "HS256 with the public key": _hmac_with_public_key,
    "signed by another key": lambda: token(key=OTHER_KEY),
    "claims exchanged": _with_claims_of_another,
    "signature cut": lambda: _with_signature(lambda signature: signature[:-8]),
    "signature longer": lambda: _with_signature(_with_a_zero),
    "signature in other letters": _in_other_letters,
    "signature missing": lambda: _with_signature(lambda _: ""),
    "signature of zeros": lambda: _with_signature(lambda _: segment(bytes(64))),
    "foreign signer": lambda: token(signer=ALB_ARN.replace("000000000000", "111111111111")),
    "signer with a suffix": lambda: token(signer=f"{ALB_ARN}0"),
    "signer of another case": lambda: token(signer=ALB_ARN.upper()),
    "signer missing": lambda: token(signer=None),
    "signer a list": lambda: token(signer=[ALB_ARN]),
    "foreign issuer": lambda: token(iss="https://identity.example.org"),
    "issuer with a slash": lambda: token(iss="https://identity.example.com/"),
    "issuer missing": lambda: token(iss=None),
    "foreign client": lambda: token(client="another"),
    "client missing": lambda: token(client=None),
    "expired": lambda: token(exp=int(time.time()) - 1),
    "expires this second": lambda: token(exp=int(time.time())),
    "exp missing": lambda: token(exp=None),
    "exp a text": lambda: token(exp=str(int(time.time()) + 60)),
    "exp infinite": lambda: token(exp=float("inf")),
    "exp not a number": lambda: token(exp=float("nan")),
    "exp true": lambda: token(exp=True),
    "unknown critical extension": lambda: token(crit=["x"], x=1),
    "payload detached": lambda: token(b64=False, crit=["b64"]),
    "claims a list": lambda: token(b"[]"),
    "claims not JSON": lambda: token(b"{"),
    "claims nested deep": lambda: token(b"[" * 9000),
    "oversized": lambda: token(ADA | {"padding": "x" * 20_000}),
    "kid missing": lambda: token(kid=None),
    "kid a number": lambda: token(kid=7),
    "kid a path": lambda: token(kid=f"../keys/{KEY_ID}"),
    "kid with a query": lambda: token(kid=f"{KEY_ID}?x"),
    "kid with a line end": lambda: token(kid=f"{KEY_ID}\n"),
    "kid a host": lambda: token(kid="@evil.example.org/key"),
    "kid of full-width digits": lambda: token(kid=KEY_ID.replace("7", "\uff17")),
    "kid unknown": lambda: token(kid="00000000-0000-0000-0000-000000000000"),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_signs_nobody_in(
    forge: Callable[[], str], function: Function, fake_aws: FakeAws
) -> None:
    answer = function(deep_link(sign_in=forge()))

    assert answer.status == 403
    assert "Location" not in answer.headers
    assert fake_aws.calls == []
    assert answer.line["decision"] == "deny"
    assert "who" not in answer.line


def test_the_token_in_the_load_balancers_own_form_is_believed(function: Function) -> None:
    padded = token()
    assert "=." in padded, "the token must show the padding that some JWT libraries refuse"

    assert function(event("/", sign_in=padded)).status == 200


def test_a_token_without_padding_is_believed(function: Function) -> None:
    segments = [segment(header()).rstrip("="), segment(ADA).rstrip("=")]
    signed = ".".join(segments)
    r, s = decode_dss_signature(KEY.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = segment(r.to_bytes(32) + s.to_bytes(32)).rstrip("=")

    assert function(event("/", sign_in=f"{signed}.{signature}")).status == 200


def test_a_kid_that_is_no_uuid_never_reaches_an_address(
    function: Function, key_endpoint: KeyEndpoint
) -> None:
    for kid in (f"../keys/{KEY_ID}", f"{KEY_ID}/..", "a b", "@evil.example.org/key", "", [KEY_ID]):
        function(deep_link(sign_in=token(kid=kid)))

    assert key_endpoint.asked == []


def test_a_foreign_token_costs_no_key_fetch(function: Function, key_endpoint: KeyEndpoint) -> None:
    function(deep_link(sign_in=token(signer="arn:aws:foreign")))

    assert key_endpoint.asked == []


def test_exactly_one_token_must_come(function: Function) -> None:
    for tokens in ([], [token(), token()], [token(), "x"], ["x", token()]):
        assert function(deep_link(sign_in=tokens)).status == 403


def test_tokens_under_names_of_different_case_are_counted_together(function: Function) -> None:
    sent = deep_link()
    sent["multiValueHeaders"]["X-Amzn-Oidc-Data"] = [token()]

    assert function(sent).status == 403


def test_the_plain_headers_are_not_believed(function: Function) -> None:
    sent = event("/", x_amzn_oidc_identity="ada@example.com", x_amzn_oidc_accesstoken="x")

    assert function(sent).status == 403


@pytest.mark.parametrize(
    "target_group",
    [
        TARGET_GROUPS.replace("authn/", "authn-other/"),
        TARGET_GROUPS.replace("000000000000", "111111111111"),
        "",
        None,
        7,
    ],
)
def test_an_event_of_another_target_group_is_refused(target_group: Any, function: Function) -> None:
    assert function(deep_link(target_group=target_group)).status == 403


def test_a_key_is_fetched_once(function: Function, key_endpoint: KeyEndpoint) -> None:
    for _ in range(3):
        assert function(deep_link()).status == 302

    assert key_endpoint.asked == [f"/keys/{KEY_ID}"]


def _pem(key: Any) -> bytes:
    public: bytes = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public


@pytest.mark.parametrize(
    "answer",
    [
        (500, b""),
        (503, PUBLIC_PEM),
        (429, b""),
        (302, b""),
        (200, b""),
        (200, b"nonsense"),
        (200, PUBLIC_PEM[:60]),
        (200, _pem(ec.generate_private_key(ec.SECP384R1()))),
        (200, _pem(rsa.generate_private_key(65537, 2048))),
    ],
    ids=lambda answer: f"{answer[0]}-{len(answer[1])}",
)
def test_a_failing_key_endpoint_is_no_sign_in_and_is_asked_again(
    answer: tuple[int, bytes], function: Function, key_endpoint: KeyEndpoint, fake_aws: FakeAws
) -> None:
    key_endpoint.keys[f"/keys/{KEY_ID}"] = answer
    failed = function(deep_link())
    key_endpoint.keys[f"/keys/{KEY_ID}"] = (200, PUBLIC_PEM)

    assert failed.status == 503
    assert failed.headers["Retry-After"] == ["30"]
    assert failed.line["decision"] == "fail"
    assert fake_aws.calls == []
    assert function(deep_link()).status == 302


@pytest.mark.parametrize("pause", [0.3, 60], ids=["dripping", "silent"])
def test_a_key_endpoint_that_hangs_is_given_up(
    pause: float, function: Function, key_endpoint: KeyEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_keys, "TIMEOUT_SECONDS", 1)
    key_endpoint.pauses = [pause] * public_keys.MAX_ATTEMPTS
    started = time.monotonic()

    assert function(deep_link()).status == 503
    assert time.monotonic() - started < 30  # a whole key would take more than 50


def test_a_key_endpoint_that_fails_once_is_not_noticed(
    function: Function, key_endpoint: KeyEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_keys, "TIMEOUT_SECONDS", 3)
    key_endpoint.pauses = [60]

    assert function(deep_link()).status == 302
    assert len(key_endpoint.asked) == 2


def test_a_redirect_of_the_key_endpoint_is_not_followed(
    function: Function, key_endpoint: KeyEndpoint
) -> None:
    key_endpoint.keys = {f"/keys/{KEY_ID}": (302, b""), "/elsewhere": (200, PUBLIC_PEM)}
    key_endpoint.headers = {"Location": "/elsewhere"}

    assert function(deep_link()).status == 503
    assert "/elsewhere" not in key_endpoint.asked


def test_an_unreachable_key_endpoint_is_no_sign_in(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_KEY_ENDPOINT", "https://localhost:9")

    assert function(deep_link()).status == 503


def test_a_key_endpoint_of_unknown_authority_is_not_believed(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    assert function(deep_link()).status == 503


def test_the_providers_claims_are_not_taken_for_those_of_a_jwt(function: Function) -> None:
    claims = ADA | {"exp": 1, "iss": "another", "aud": 7, "iat": "x", "nbf": 2**40}

    assert function(event("/", sign_in=token(claims))).status == 200
