"""Each authentication method, with the last client of OpenMetadata that had them all."""

from __future__ import annotations

import base64
import json
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from local.tls import Certificates, make_certificates
from tests.loopback import Request, Response, Server, serving
from tests.matrix.airflow import Airflow
from tests.matrix.services import SecretsManager
from tests.openmetadata.installation import SECRET, installed, ship
from tests.openmetadata.pins import LAST_WITH_WAYS
from tests.openmetadata.server import OpenMetadata

pytestmark = [pytest.mark.all_versions, pytest.mark.xdist_group("openmetadata")]

GOOGLES = "https://oauth2.googleapis.com/token"
"""Whom Google's package signs for, wherever it sends that."""
CANARY = "canary-d5e2f00b-secret"
PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY = PRIVATE.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()
JWK = RSAAlgorithm.to_jwk(PRIVATE, as_dict=True)


def part(content: dict[str, Any]) -> str:
    """A part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


ISSUED = f"{part({'alg': 'none'})}.{part({'exp': int(time.time()) + 3600})}.canary"


class IdentityProvider(Server):
    """Gives the same token to everybody, and remembers what it was shown."""

    def __init__(self, certificates: Certificates) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.certificate, certificates.key)
        super().__init__(self._answer, context)
        self.ca = certificates.ca
        self.shown: list[dict[str, list[str]]] = []

    @property
    def host(self) -> str:
        return self.url.removeprefix("https://")

    def _answer(self, request: Request) -> Response:
        if request.method == "GET":
            content: dict[str, Any] = {
                "issuer": f"{self.url}/adfs",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
            }
        else:
            asked = parse_qs(request.body.decode())
            self.shown.append(asked)
            # Only Google's own grant is answered with an identity.
            kind = "id_token" if "assertion" in asked else "access_token"
            content = {kind: ISSUED, "token_type": "Bearer", "expires_in": 3600}
        headers = {"Content-Type": "application/json"}
        return Response(200, json.dumps(content).encode(), headers)


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    certificates = make_certificates(tmp_path_factory.mktemp("tls"), ["localhost"])
    with serving(IdentityProvider(certificates)) as provider:
        yield provider


@pytest.fixture(scope="module")
def secrets() -> Iterator[SecretsManager]:
    with serving(SecretsManager({})) as server:
        yield server


@pytest.fixture(scope="module")
def airflow(secrets: SecretsManager, tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    home = tmp_path_factory.mktemp("openmetadata")
    return installed(LAST_WITH_WAYS, home, secrets_manager=secrets.url)


def way(name: str, idp: IdentityProvider) -> tuple[str, dict[str, str]]:
    """The secret and the options of a way."""
    account = {
        "type": "service_account",
        "client_email": "lineage@example.com",
        "private_key": KEY,
        "token_uri": f"{idp.url}/token",
    }
    return {
        "Google": (json.dumps(account), {}),
        "Auth0": (CANARY, {"client_id": "lineage", "domain": idp.host}),
        "Okta": (
            KEY,
            {
                "client_id": "lineage",
                "org_url": f"{idp.url}/token",
                "email": "lineage@example.com",
                "scopes": '["openmetadata"]',
            },
        ),
        "Azure": (
            CANARY,
            {"client_id": "lineage", "authority": f"{idp.url}/adfs", "scopes": '["lineage"]'},
        ),
        "CustomOidc": (
            CANARY,
            {"client_id": "lineage", "token_endpoint": f"{idp.url}/token"},
        ),
    }[name]


@pytest.mark.parametrize("name", ["Google", "Auth0", "Okta", "Okta, JWK", "Azure", "CustomOidc"])
def test_lineage_enters_with_the_token_of_the_identity_provider(
    name: str, airflow: Airflow, idp: IdentityProvider, secrets: SecretsManager
) -> None:
    authentication = name.partition(",")[0]
    secret, options = way(authentication, idp)
    if name == "Okta, JWK":
        secret = json.dumps({**JWK, "kid": "one"})
    secrets.values = {SECRET: secret}
    idp.shown.clear()
    with serving(OpenMetadata(LAST_WITH_WAYS.openmetadata)) as server:
        ship(airflow, LAST_WITH_WAYS, server.url, authentication=authentication, options=options)
        output = run(airflow, idp.ca)
    assert server.authorizations == {f"Bearer {ISSUED}"}, output
    assert len(server.edges) == 1
    (shown,) = idp.shown
    assert is_proof(shown, f"{idp.url}/token")
    hidden = [CANARY, ISSUED, KEY.splitlines()[1], JWK["d"], *shown.get("client_assertion", [])]
    for each in hidden:
        assert each not in output
        assert files_with(each, airflow) == []


def is_proof(shown: dict[str, list[str]], audience: str) -> bool:
    """Whether a client has shown its password, or a claim that its key has signed."""
    if "client_secret" in shown:
        return shown["client_secret"] == [CANARY]
    (signed,) = shown.get("client_assertion") or shown["assertion"]
    audiences = [audience, GOOGLES]
    claims = jwt.decode(signed, PRIVATE.public_key(), ["RS256"], audience=audiences)
    return claims["iss"] in {"lineage", "lineage@example.com"}


def test_lineage_enters_with_nothing_where_nothing_is_asked(
    airflow: Airflow, idp: IdentityProvider, secrets: SecretsManager
) -> None:
    before = secrets.asked
    with serving(OpenMetadata(LAST_WITH_WAYS.openmetadata)) as server:
        ship(airflow, LAST_WITH_WAYS, server.url, authentication="None")
        output = run(airflow, idp.ca)
    assert len(server.edges) == 1, output
    assert secrets.asked == before


def run(airflow: Airflow, ca: Path) -> str:
    return airflow.airflow(
        *("dags", "test", "reports", "2024-01-01"),
        AIRFLOW__LOGGING__LOGGING_LEVEL="DEBUG",
        REQUESTS_CA_BUNDLE=str(ca),
        SSL_CERT_FILE=str(ca),
    )


def files_with(text: str, airflow: Airflow) -> list[Path]:
    """All but the host's own cache of tokens, which is the user's alone."""
    return [
        file
        for file in airflow.home.rglob("*")
        if file.is_file()
        and airflow.temporary not in file.parents
        and text.encode() in file.read_bytes()
    ]
