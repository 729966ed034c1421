"""The load balancer on a real port, with stand-ins for provider and targets."""

from __future__ import annotations

import io
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from local.alb.claims import SigningKey
from local.alb.conditions import path_pattern
from local.alb.front import Front
from local.alb.ip_targets import Forwarder, IpTarget, http_client
from local.alb.load_balancer import (
    AuthenticateOidcConfig,
    LoadBalancer,
    RoutingAction,
    Rule,
)
from local.alb.oidc_flow import CALLBACK, OidcFlow
from local.alb.server import make_server
from local.alb.target_groups import LambdaTargetGroup
from local.tls import Certificates
from tests.sessions import session_of
from tests.waits import DEADLINE_SECONDS, wait_until

HOSTS = ("localhost", "ui.localhost")

ACCOUNT = "arn:aws:elasticloadbalancing:us-east-1:000000000000"
AUTHENTICATION = AuthenticateOidcConfig(
    issuer="https://provider.example.com",
    authorization_endpoint="https://provider.example.com/auth",
    token_endpoint="https://provider.example.com/token",
    user_info_endpoint="https://provider.example.com/me",
    client_id="the-client",
    client_secret="canary-client-secret",
    scope="openid email",
    cookie_name="AWSELBAuthSessionCookie",
    session_seconds=3600,
    on_unauthenticated="authenticate",
    extra_parameters={},
)
TARGET = LambdaTargetGroup(
    group_arn=f"{ACCOUNT}:targetgroup/authn/1",
    function="arn:aws:lambda:us-east-1:000000000000:function:authenticator",
    multi_value_headers=True,
)
CLAIMS = {"sub": "1", "email": "ada@example.com", "email_verified": True, "groups": ["data"]}


def load_balancer(
    *more: Rule,
    authentication: AuthenticateOidcConfig = AUTHENTICATION,
    action: RoutingAction = TARGET,
) -> LoadBalancer:
    """Sign-in for everything but `/open` and `/signed-out`, and what comes `more` before it."""
    return LoadBalancer(
        arn=f"{ACCOUNT}:loadbalancer/app/lb/1",
        port=443,
        drops_invalid_headers=True,
        rules=(
            *more,
            Rule(
                conditions=(path_pattern("/open", "/signed-out"),),
                authentication=None,
                action=action,
            ),
            Rule(conditions=(), authentication=authentication, action=action),
        ),
    )


def unauthenticated(behaviour: str) -> LoadBalancer:
    """The same with another OnUnauthenticatedRequest."""
    return load_balancer(authentication=replace(AUTHENTICATION, on_unauthenticated=behaviour))


@dataclass
class Function:
    """Lambda's Invoke for one function: remembers the events, answers what a test wants."""

    answer: Any = field(default_factory=lambda: {"statusCode": 200, "body": "hello"})
    error: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == TARGET.function
        self.events.append(json.loads(Payload))
        payload = {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(self.answer).encode())}
        return {**payload, "FunctionError": self.error} if self.error else payload


@dataclass
class RegisteredTargets:
    """ELB's DescribeTargetHealth for one target group of addresses, and where those are."""

    registered: list[IpTarget] = field(default_factory=list)
    ports: dict[IpTarget, int] = field(default_factory=dict)

    def describe_target_health(self, *, TargetGroupArn: str) -> dict[str, Any]:  # noqa: N803
        assert TargetGroupArn
        targets = [{"Target": {"Id": each, "Port": port}} for each, port in self.registered]
        return {"TargetHealthDescriptions": targets}


@dataclass
class Provider:
    """The identity provider's side of the load balancer's own requests."""

    claims: Mapping[str, Any] = field(default_factory=lambda: dict(CLAIMS))
    access_token: str = "canary-access-token"
    token_status: int = 200
    reachable: bool = True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not self.reachable:
            raise httpx.ConnectError("refused")
        if request.url.path == "/token":
            assert (
                httpx.BasicAuth("the-client", "canary-client-secret")._auth_header
                == (request.headers["authorization"])
            )
            assert parse_qs(request.content.decode())["code"] == ["the-code"]
            tokens = {"access_token": self.access_token, "id_token": "canary-id-token"}
            return httpx.Response(self.token_status, json=tokens)
        assert request.headers["authorization"] == f"Bearer {self.access_token}"
        return httpx.Response(200, json=dict(self.claims))


@dataclass
class Alb:
    """A running load balancer."""

    url: str
    ca: Path
    function: Function
    target_group: RegisteredTargets
    provider: Provider
    oidc_flow: OidcFlow
    browsers: ExitStack

    def browser(self) -> httpx.Client:
        """Keeps cookies, follows no redirect."""
        trust = ssl.create_default_context(cafile=self.ca)
        return self.browsers.enter_context(
            httpx.Client(base_url=self.url, verify=trust, trust_env=False, timeout=DEADLINE_SECONDS)
        )

    def signed_in(self) -> httpx.Client:
        """A browser that has been through the provider."""
        browser = self.browser()
        assert self.come_back(browser, self.leave(browser)).status_code == 302
        return browser

    def leave(self, browser: httpx.Client, path: str = "/") -> str:
        """Open a page without a session; the state that goes to the provider."""
        answer = browser.get(path)
        assert answer.status_code == 302, answer.text
        return parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]

    def exchange(self, request: bytes) -> bytes:
        """The answer to bytes as they are, which HTTP clients would tidy up."""
        trust = ssl.create_default_context(cafile=self.ca)
        address = ("127.0.0.1", int(urlsplit(self.url).port or 0))
        with (
            socket.create_connection(address, timeout=DEADLINE_SECONDS) as plain,
            trust.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def come_back(self, browser: httpx.Client, state: str, **query: str) -> httpx.Response:
        """The provider's redirect back."""
        return browser.get(CALLBACK, params={"state": state, "code": "the-code", **query})


def make_front(
    read: Callable[[], LoadBalancer],
    *,
    port: int,
    function: Function,
    oidc_flow: OidcFlow,
    targets: RegisteredTargets | None = None,
) -> Front:
    """The application of a load balancer."""
    group = targets or RegisteredTargets()
    return Front(
        read=read,
        session=session_of({"lambda": function, "elbv2": group}),
        oidc_flow=oidc_flow,
        forwarder=Forwarder(http_client(), group.ports.get),
        key=SigningKey(),
        port=port,
        ports=dict.fromkeys(HOSTS, port),
    )


@contextmanager
def run(
    certificates: Certificates,
    *,
    read: Callable[[], LoadBalancer] = load_balancer,
    beside: Alb | None = None,
) -> Iterator[Alb]:
    """Serve a load balancer until the block ends; `beside` is another one of the same run."""
    function, target_group, provider = Function(), RegisteredTargets(), Provider()
    http = httpx.AsyncClient(transport=httpx.MockTransport(provider))
    flow = beside.oidc_flow if beside else OidcFlow(http)
    with own_port() as (port, listener):
        front = make_front(read, port=port, function=function, oidc_flow=flow, targets=target_group)
        with serve(front, certificates, listener) as url, ExitStack() as browsers:
            yield Alb(
                url=url,
                ca=certificates.ca,
                function=function,
                target_group=target_group,
                provider=provider,
                oidc_flow=flow,
                browsers=browsers,
            )


@contextmanager
def own_port() -> Iterator[tuple[int, socket.socket]]:
    """A port of loopback that nobody else can get, and its socket, which does not listen yet."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield int(listener.getsockname()[1]), listener


@contextmanager
def serve(front: Front, certificates: Certificates, listener: socket.socket) -> Iterator[str]:
    """Serve it as the program does; yields the origin."""
    port = listener.getsockname()[1]
    server = make_server(
        front, port=port, certificate=certificates.certificate, key=certificates.key
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_until("The server has started", lambda: server.started)
    try:
        yield f"https://localhost:{port}"
    finally:
        server.should_exit = True
        thread.join()
