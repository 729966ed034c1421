"""Forwarding of requests and responses, unchanged, to IP targets."""

from __future__ import annotations

import gzip
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest

from local.alb import ip_targets
from local.alb.conditions import host_header
from local.alb.load_balancer import LoadBalancer, Rule
from local.alb.target_groups import IpTargetGroup
from local.tls import Certificates, make_certificates
from tests.loopback import Request, Response, Server, serving
from tests.unit.local.alb.server import ACCOUNT, AUTHENTICATION, TARGET, Alb, own_port, run

GROUP = IpTargetGroup(group_arn=f"{ACCOUNT}:targetgroup/ui/2", scheme="https")
FIRST, SECOND = ("10.1.0.10", 443), ("10.1.1.10", 443)
UI = {"Host": "ui.localhost"}


def load_balancer() -> LoadBalancer:
    """`ui.localhost` leads to addresses after a sign-in, `open.localhost` without."""
    return LoadBalancer(
        arn=f"{ACCOUNT}:loadbalancer/app/lb/1",
        port=443,
        drops_invalid_headers=True,
        rules=(
            Rule(
                conditions=(host_header("ui.localhost"),),
                authentication=AUTHENTICATION,
                action=GROUP,
            ),
            Rule(conditions=(host_header("open.localhost"),), authentication=None, action=GROUP),
            Rule(conditions=(), authentication=AUTHENTICATION, action=TARGET),
        ),
    )


@dataclass
class WebServer:
    """A target with a certificate that nobody has reason to trust."""

    answer: Callable[[Request], Response] = lambda _: Response(200, b"airflow")
    requests: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return self.answer(request)


@pytest.fixture
def web_server() -> WebServer:
    return WebServer()


@pytest.fixture
def alb(
    certificates: Certificates, web_server: WebServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Alb]:
    other = make_certificates(tmp_path_factory.mktemp("untrusted"), ["elsewhere.example.com"])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(other.certificate, other.key)
    with serving(Server(web_server, tls)) as server, run(certificates, read=load_balancer) as alb:
        alb.target_group.registered = [FIRST]
        alb.target_group.ports[FIRST] = server.server_port
        yield alb


def test_a_request_arrives_as_it_was_sent(alb: Alb, web_server: WebServer) -> None:
    answer = alb.signed_in().request(
        "PUT",
        "/a%2Fb//c;x?d=%20e&d=+",
        content=b"\x00body\xff",
        headers={**UI, "Content-Type": "application/x-thing", "TE": "trailers"},
    )
    assert (answer.status_code, answer.content) == (200, b"airflow")
    [request] = web_server.requests
    assert (request.method, request.path) == ("PUT", "/a%2Fb//c;x?d=%20e&d=+")
    assert request.body == b"\x00body\xff"
    assert request.headers["Host"] == "ui.localhost"
    assert request.headers["Content-Type"] == "application/x-thing"
    assert request.headers["X-Forwarded-Proto"] == "https"
    assert request.headers["X-Forwarded-For"] == "127.0.0.1"
    assert "TE" not in request.headers
    assert AUTHENTICATION.cookie_name in request.headers["Cookie"]


def test_an_answer_comes_back_as_it_was_given(alb: Alb, web_server: WebServer) -> None:
    content = gzip.compress(b"<html>")
    headers = {
        "Content-Encoding": "gzip",
        "Location": "/home",
        "Set-Cookie": "session=1; Path=/; HttpOnly",
        "Strict-Transport-Security": "max-age=1",
        "Keep-Alive": "timeout=5",
    }
    web_server.answer = lambda _: Response(302, content, headers)
    answer = alb.signed_in().get("/", headers=UI)
    assert (answer.status_code, answer.text) == (302, "<html>")
    assert answer.headers["location"] == "/home"
    assert "BaseHTTP" in answer.headers["server"]
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["set-cookie"] == "session=1; Path=/; HttpOnly"
    assert not {"strict-transport-security", "keep-alive"} & answer.headers.keys()


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_a_body(alb: Alb, web_server: WebServer, status: int) -> None:
    web_server.answer = lambda _: Response(status)
    browser = alb.signed_in()
    assert browser.get("/", headers=UI).status_code == status
    assert browser.get("/", headers=UI).status_code == status


def test_head_tells_the_length_and_sends_nothing(alb: Alb) -> None:
    answer = alb.signed_in().head("/", headers=UI)
    assert (answer.headers["content-length"], answer.content) == ("7", b"")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_reaches_the_addresses_without_a_session(
    alb: Alb, web_server: WebServer, method: str
) -> None:
    answer = alb.browser().request(method, "/api", headers=UI, content=b"body")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(AUTHENTICATION.authorization_endpoint)
    assert not web_server.requests


def test_who_signed_in_is_the_load_balancers_word(alb: Alb, web_server: WebServer) -> None:
    forged = {"x-amzn-oidc-data": "forged", "X-Amzn-Oidc-Identity": "forged", **UI}
    alb.signed_in().get("/", headers=forged)
    alb.browser().get("/", headers={**forged, "Host": "open.localhost"})
    behind_sign_in, in_the_open = web_server.requests
    assert behind_sign_in.headers["x-amzn-oidc-identity"] == "1"
    assert "forged" not in str(behind_sign_in.headers)
    assert in_the_open.headers["x-amzn-oidc-identity"] == "forged"


def test_the_other_hosts_reach_the_function(alb: Alb, web_server: WebServer) -> None:
    assert alb.signed_in().get("/").text == "hello"
    assert not web_server.requests


def test_what_is_registered_later_counts_at_once(alb: Alb, certificates: Certificates) -> None:
    browser = alb.signed_in()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.certificate, certificates.key)
    with serving(Server(lambda _: Response(200, b"second"), tls)) as second:
        alb.target_group.registered.append(SECOND)
        alb.target_group.ports[SECOND] = second.server_port
        assert {browser.get("/", headers=UI).text for _ in range(4)} == {"airflow", "second"}
        alb.target_group.registered.remove(FIRST)
        assert {browser.get("/", headers=UI).text for _ in range(4)} == {"second"}


@contextmanager
def _closing() -> Iterator[int]:
    """A port that takes connections and says nothing of TLS."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_without_a_target_it_is_503(alb: Alb) -> None:
    alb.target_group.registered.clear()
    assert alb.signed_in().get("/", headers=UI).status_code == 503


def test_a_target_that_refuses_is_502(alb: Alb) -> None:
    with own_port() as (port, _):
        alb.target_group.ports[FIRST] = port
        assert alb.signed_in().get("/", headers=UI).status_code == 502


def test_an_address_that_nobody_has_is_504(alb: Alb) -> None:
    alb.target_group.ports.clear()
    assert alb.signed_in().get("/", headers=UI).status_code == 504


def test_a_target_that_says_nothing_is_504(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ip_targets, "IDLE_SECONDS", 0.2)
    with _closing() as port, run(certificates, read=load_balancer) as alb:
        alb.target_group.registered = [FIRST]
        alb.target_group.ports[FIRST] = port
        assert alb.signed_in().get("/", headers=UI).status_code == 504


@pytest.mark.parametrize(
    ("location", "arrives"),
    [
        ("https://ui.localhost/aws_mwaa", "https://ui.localhost:{port}/aws_mwaa"),
        ("https://localhost", "https://localhost:{port}"),
        ("https://UI.localhost?a#b", "https://UI.localhost:{port}?a#b"),
        ("https://ui.localhost:1/", "https://ui.localhost:1/"),
        ("https://not-ui.localhost/", "https://not-ui.localhost/"),
        ("https://ui.localhost.example.com/", "https://ui.localhost.example.com/"),
        (
            "https://example.com/?to=https://localhost/",
            "https://example.com/?to=https://localhost/",
        ),
    ],
)
def test_redirects_to_a_host_of_the_load_balancer_get_its_port(
    alb: Alb, web_server: WebServer, location: str, arrives: str
) -> None:
    web_server.answer = lambda _: Response(302, headers={"Location": location})
    browser = alb.signed_in()
    port = alb.url.rpartition(":")[2]
    assert browser.get("/", headers=UI).headers["location"] == arrives.format(port=port)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/" + "a" * 17_000, {}, 414),
        ("/", {"X-Large": "a" * 17_000}, 400),
        ("/", {f"X-{number}": "a" * 14_000 for number in range(5)}, 400),
        ("/", {f"X-{number}": "a" * 14_000 for number in range(4)}, 200),
    ],
    ids=["request line", "one header", "all headers", "as much as is taken"],
)
def test_sizes(alb: Alb, path: str, headers: dict[str, str], status: int) -> None:
    get = partial(alb.browser().get, path)
    assert get(headers={**headers, "Host": "open.localhost"}).status_code == status
