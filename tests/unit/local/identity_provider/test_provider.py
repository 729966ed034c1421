"""The real provider behind the load balancer: its form, its claims, its sign-out."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import jwt
import pytest

from local.alb.oidc_flow import OidcFlow
from local.identity_provider import service
from local.layout import Layout
from local.ports import choose
from local.processes import Processes
from local.tls import Certificates
from local.toolchain import install_node_packages
from tests.integration.visitor import Visitor
from tests.unit.local.alb.server import (
    AUTHENTICATION,
    Function,
    load_balancer,
    make_front,
    own_port,
    serve,
)
from tests.waits import DEADLINE_SECONDS

SECRET = "canary-client-secret"
# Below those that the system hands out: nobody gets it by chance before the provider listens.
PREFERRED_PORT = 18444
PEOPLE = {
    "Ada@example.com": {"groups": ["data", "ops"]},
    "new@example.com": {"email_verified": False},
}


@dataclass(frozen=True)
class Running:
    """An application behind the load balancer, and the provider."""

    url: str
    issuer: str
    ca: Path
    function: Function
    log: Path

    def visitor(self) -> Visitor:
        return Visitor(ca=self.ca)

    @property
    def end_session(self) -> httpx.URL:
        query = {
            "client_id": AUTHENTICATION.client_id,
            "post_logout_redirect_uri": f"{self.url}/signed-out",
        }
        return httpx.URL(f"{self.issuer}/session/end", params=query)


@pytest.fixture(scope="module")
def running(
    certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with own_port() as (port, listener):
        yield from _running(certificates, tmp_path_factory.mktemp("provider"), port, listener)


def _running(
    certificates: Certificates, state: Path, port: int, listener: socket.socket
) -> Iterator[Running]:
    function = Function()
    (secret := state / "secret").write_text(f"{SECRET}\n")
    (users := state / "users.json").write_text(json.dumps(PEOPLE))
    layout = Layout(state=state, ports={**choose({"idp": PREFERRED_PORT}), "alb": port})
    issuer = layout.identity_provider
    authentication = replace(
        AUTHENTICATION,
        issuer=issuer,
        authorization_endpoint=f"{issuer}/auth",
        token_endpoint=f"{issuer}/token",
        user_info_endpoint=f"{issuer}/me",
    )
    trust = ssl.create_default_context(cafile=certificates.ca)
    front = make_front(
        lambda: load_balancer(authentication=authentication),
        port=port,
        function=function,
        oidc_flow=OidcFlow(httpx.AsyncClient(verify=trust, trust_env=False)),
    )
    install_node_packages(service.FOLDER)
    program = service.program(
        layout,
        certificates,
        clients=[
            service.Client(client_id=AUTHENTICATION.client_id, secret=secret, origins=[layout.alb])
        ],
        users=users,
    )
    assert SECRET not in str((program, (state / "identity-provider.json").read_text()))
    processes = Processes(state / "processes.json")
    with serve(front, certificates, listener) as url:
        processes.start(program)
        try:
            processes.wait_until(
                lambda: service.ready(layout, certificates), program.name, seconds=DEADLINE_SECONDS
            )
            yield Running(
                url=url, issuer=issuer, ca=certificates.ca, function=function, log=program.log
            )
        finally:
            processes.stop()
            assert not service.ready(layout, certificates)


def claims_of(running: Running) -> dict[str, object]:
    [token] = running.function.events[-1]["multiValueHeaders"]["x-amzn-oidc-data"]
    claims: dict[str, object] = jwt.decode(token, options={"verify_signature": False})
    return claims


def forget_session(visitor: Visitor) -> None:
    """What the application's logout does at the load balancer."""
    for name in [name for name in visitor.http.cookies if name.startswith("AWSELB")]:
        visitor.http.cookies.delete(name)


def test_a_person_comes_back_with_the_claims_of_the_file(running: Running) -> None:
    with running.visitor() as visitor:
        page = visitor.sign_in(f"{running.url}/page?a=%20b", email="ADA@example.com ")
        assert (page.status_code, page.text) == (200, "hello")
        assert str(page.url) == f"{running.url}/page?a=%20b"
    claims = claims_of(running)
    assert claims["email"] == "Ada@example.com"
    assert claims["email_verified"] is True
    assert claims["groups"] == ["data", "ops"]
    assert "ada" not in str(claims["sub"]).lower()


def test_claims_of_the_file_win(running: Running) -> None:
    with running.visitor() as visitor:
        visitor.sign_in(running.url, email="new@example.com")
    claims = claims_of(running)
    assert claims["email_verified"] is False
    assert claims["groups"] == []


def test_a_stranger_is_refused_and_may_try_again(running: Running) -> None:
    with running.visitor() as visitor:
        page = visitor.sign_in(running.url, email='<b>"stranger"@example.com')
        assert page.status_code == 403
        assert "Not signed in" in page.text
        assert "<b>" not in page.text
        assert visitor.fill_in(page, "ada@example.com").text == "hello"


def test_signing_out_ends_the_providers_session(running: Running) -> None:
    with running.visitor() as visitor:
        visitor.sign_in(running.url, email="ada@example.com")
        left = visitor.fill_in(visitor.open(str(running.end_session)), "")
        assert str(left.url) == f"{running.url}/signed-out"
        forget_session(visitor)
        assert "<h1>Sign in</h1>" in visitor.open(running.url).text


def test_while_the_providers_session_lasts_nobody_is_asked_again(running: Running) -> None:
    with running.visitor() as visitor:
        visitor.sign_in(running.url, email="ada@example.com")
        forget_session(visitor)
        assert visitor.open(running.url).text == "hello"


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("redirect_uri", "https://attacker.example.com/oauth2/idpresponse"),
        ("client_id", "another-client"),
    ],
)
def test_nobody_else_gets_a_code(running: Running, parameter: str, value: str) -> None:
    query = {
        "client_id": AUTHENTICATION.client_id,
        "redirect_uri": f"{running.url}/oauth2/idpresponse",
        "response_type": "code",
        "scope": "openid",
        parameter: value,
    }
    with running.visitor() as visitor:
        page = visitor.open(str(httpx.URL(f"{running.issuer}/auth", params=query)))
    assert page.status_code == 400
    assert "<h1>That did not work</h1>" in page.text


def test_a_sign_in_that_is_over_says_what_to_do(running: Running) -> None:
    with running.visitor() as visitor:
        page = visitor.open(f"{running.issuer}/interaction/unknown")
    assert page.status_code == 400
    assert "Open the portal again" in page.text


def test_pages_load_nothing_from_elsewhere(running: Running) -> None:
    with running.visitor() as visitor:
        page = visitor.open(running.url)
        sources = re.findall(r'(?:src|href)="([^"]*)"', page.text)
        assert sources == ["/style.css"]
        assert (
            visitor.open(f"{running.issuer}/style.css")
            .headers["content-type"]
            .startswith("text/css")
        )
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_provider_has_nothing_to_warn_of(running: Running) -> None:
    with running.visitor() as visitor:
        visitor.sign_in(running.url, email="ada@example.com")
    assert running.log.read_text() == f"{running.issuer} is ready\n"


def test_the_lock_is_for_any_registry_and_one_version() -> None:
    lock = (service.FOLDER / "package-lock.json").read_text()
    manifest = json.loads((service.FOLDER / "package.json").read_text())
    assert "resolved" not in lock
    [version] = manifest["dependencies"].values()
    assert json.loads(lock)["packages"]["node_modules/oidc-provider"]["version"] == version


def test_a_client_signs_in_at_its_own_origins_with_its_own_secret(
    certificates: Certificates, tmp_path: Path
) -> None:
    for name in ("one", "other"):
        (tmp_path / name).write_text(f"secret of {name}")
    (users := tmp_path / "users.json").write_text(json.dumps(PEOPLE))
    layout = Layout(state=tmp_path, ports=choose({"idp": PREFERRED_PORT}))
    origins = {name: f"https://{name}.localhost:8443" for name in ("one", "other")}
    program = service.program(
        layout,
        certificates,
        clients=[
            service.Client(client_id=name, secret=tmp_path / name, origins=[origin])
            for name, origin in origins.items()
        ],
        users=users,
    )
    processes = Processes(tmp_path / "processes.json")
    trust = ssl.create_default_context(cafile=certificates.ca)
    issuer = layout.identity_provider
    try:
        processes.start(program)
        processes.wait_until(
            lambda: service.ready(layout, certificates), program.name, seconds=DEADLINE_SECONDS
        )
        with httpx.Client(verify=trust, trust_env=False) as http:
            for client in origins:
                for host, origin in origins.items():
                    query = {
                        "client_id": client,
                        "redirect_uri": f"{origin}/oauth2/idpresponse",
                        "response_type": "code",
                        "scope": "openid email",
                    }
                    asked = http.get(f"{issuer}/auth", params=query)
                    assert asked.is_redirect is (client == host)
                    token = http.post(
                        f"{issuer}/token",
                        data={**query, "grant_type": "authorization_code", "code": "x"},
                        auth=(client, f"secret%20of%20{host}"),
                    )
                    # The code is refused only where the client is not.
                    assert (token.json()["error"] == "invalid_grant") is (client == host)
    finally:
        processes.stop()
