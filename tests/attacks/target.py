"""The attacked platform: its load balancer, and the function behind that."""

from __future__ import annotations

import json
import socket
import ssl
import time
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPResponse
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from authenticator import links
from local.alb.claims import ClaimsSigner, SigningKey
from local.alb.load_balancer import AuthenticateOidcConfig, read_load_balancer
from tests import loopback
from tests.attacks import keys
from tests.attacks.bundles import with_decision, with_environments
from tests.attacks.open_hosts import take_gate_away
from tests.conftest import Platform
from tests.waits import DEADLINE_SECONDS

SIGN_IN = "/aws_mwaa/aws-console-sso"
QUICK_START = "warehouse"
"""An environment that the portal knows nothing of, and that a load balancer of its own serves."""
GATED = "reporting"
"""The environment whose host the gate serves, and the portal's load balancer afterwards."""
TWIN = "authenticator-under-attack"
LATE_LINES = 50
"""More calls than this to get a call's line, and the stand-in has lost it."""
NAVIGATION = {"sec-fetch-mode": ["navigate"], "sec-fetch-dest": ["document"]}

LINK_SECRET = "0123456789abcdef" * 2
PORTAL_COOKIE = f"{links.COOKIE}={LINK_SECRET}"

ADMIN = {"sub": "1", "email": "admin@example.com", "email_verified": True, "groups": []}
VIEWER = ADMIN | {"sub": "2", "email": "viewer@example.com"}
STRANGER = ADMIN | {"sub": "3", "email": "stranger@example.com"}

Event = dict[str, Any]
Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Response:
    """What comes back. Names of headers are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def header(self, name: str) -> str:
        return next((value for each, value in self.headers if each == name), "")

    @property
    def location(self) -> str:
        return self.header("location")


@dataclass(eq=False)
class Target:
    """A running platform under attack.

    The deployed function has a twin of the same code, role and settings, but for the address of
    the load balancers' public keys: there, keys are published whose private halves are known here.
    So its load balancer's signature can be made, and each attack be one step from what is right.
    """

    platform: Platform
    endpoint: str
    asked_for_keys: list[str]
    secrets: set[str] = field(default_factory=set)
    variants: dict[str, Deployed] = field(default_factory=dict)
    _cookies: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return self.platform.identity_provider

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.platform.portal)
        return str(parts.hostname), int(parts.port or 443)

    @cached_property
    def own_hosts(self) -> set[str]:
        """Where an answer may lead: the portal, the provider, the hosts of this test's settings."""
        portal, provider = urlsplit(self.platform.portal), urlsplit(self.issuer)
        served = [urlsplit(url) for url in self.platform.summary["ui_hosts"].values()]
        at_portal = {f"{each.hostname}:{portal.port}" for each in served}
        named = {"portal.example.com", "reporting.example.com"}
        return {
            portal.netloc,
            provider.netloc,
            *at_portal,
            *named,
            *(each.netloc for each in served),
        }

    @cached_property
    def open_host(self) -> str:
        """Where the environment of the gate answers without it, which is taken away for that."""
        url = take_gate_away(self.platform, GATED)
        self._cookies.clear()
        return url

    @cached_property
    def authentication(self) -> AuthenticateOidcConfig:
        """The portal's, of the one rule that signs people in."""
        arn = self.platform.outputs("Sso")["LoadBalancerArn"]
        rules = read_load_balancer(self.platform.cloud.session, arn).rules
        return next(rule.authentication for rule in rules if rule.authentication)

    @cached_property
    def load_balancer(self) -> ClaimsSigner:
        """Signs as the platform's own load balancer does."""
        return ClaimsSigner(self.platform.outputs("Sso")["LoadBalancerArn"], keys.REGION)

    @cached_property
    def function(self) -> Deployed:
        """The function's twin."""
        return self.variant(TWIN)

    @cached_property
    def target_group(self) -> str:
        elb = self.platform.cloud.session.client("elbv2")
        prefix = self.deployed["Environment"]["Variables"]["TARGET_GROUP_PREFIX"]
        groups = [each["TargetGroupArn"] for each in elb.describe_target_groups()["TargetGroups"]]
        return next(str(group) for group in groups if group.startswith(prefix))

    @cached_property
    def deployed(self) -> dict[str, Any]:
        """The configuration of the function that the portal has."""
        functions = self.platform.cloud.session.client("lambda").list_functions()["Functions"]
        return next(
            dict(each)
            for each in functions
            if each["Handler"].startswith("authenticator.")
            and "GRANTS_TABLE" in each["Environment"]["Variables"]
        )

    def variant(
        self,
        name: str,
        *,
        environments: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] | None = None,
        decision: bytes | None = None,
        **variables: str | None,
    ) -> Deployed:
        """The deployed function under other settings; a variable of None is left out.

        `decision` is the module with a team's own decision.
        """
        if name in self.variants:
            return self.variants[name]
        client = self.platform.cloud.session.client("lambda")
        location = client.get_function(FunctionName=self.deployed["FunctionName"])["Code"]
        code = httpx.get(location["Location"], trust_env=False, timeout=DEADLINE_SECONDS).content
        if decision is not None:
            code = with_decision(code, decision)
            variables |= {"DECISION": "team"}
        changed = {
            **self.deployed["Environment"]["Variables"],
            "PUBLIC_KEY_ENDPOINT": f"{self.endpoint}/keys",
            **variables,
        }
        client.create_function(
            FunctionName=name,
            **{key: self.deployed[key] for key in ("Runtime", "Role", "Handler", "Timeout")},
            MemorySize=self.deployed["MemorySize"],
            Code={"ZipFile": with_environments(code, environments) if environments else code},
            Environment={"Variables": {k: v for k, v in changed.items() if v is not None}},
        )
        self.variants[name] = Deployed(name, client, self.secrets)
        return self.variants[name]

    def token(self, claims: Mapping[str, Any], key: SigningKey = keys.REGION) -> str:
        """What the platform's own load balancer would sign, by default."""
        return self.foreign_token(claims, self.load_balancer.signer, key)

    def foreign_token(self, claims: Mapping[str, Any], arn: str, key: SigningKey) -> str:
        """What the load balancer `arn` would sign for our issuer and client."""
        token = ClaimsSigner(arn, key).sign(claims, self.authentication)
        self.secrets.add(token)
        return token

    def event(
        self,
        path: str = SIGN_IN,
        query: Mapping[str, list[str]] | None = None,
        *,
        sign_in: str | list[str] | None = None,
        **headers: str | list[str],
    ) -> Event:
        """As the load balancer sends it; `_` in a header's name is `-`."""
        sent = {"host": [urlsplit(self.platform.portal).netloc], **NAVIGATION}
        if sign_in is not None:
            sent["x-amzn-oidc-data"] = [sign_in] if isinstance(sign_in, str) else sign_in
        for name, value in headers.items():
            sent[name.replace("_", "-")] = [value] if isinstance(value, str) else value
        return {
            "requestContext": {"elb": {"targetGroupArn": self.target_group}},
            "httpMethod": "GET",
            "path": path,
            "multiValueQueryStringParameters": query,
            "multiValueHeaders": sent,
            "body": "",
            "isBase64Encoded": False,
        }

    def link(self, environment: str = "analytics", role: str = "Admin", **more: Any) -> Event:
        """An event that follows a link of the portal, with the proof that it is one."""
        query = parse_qs(urlsplit(links.link(environment, role, LINK_SECRET)).query)
        return self.event(query=query, **{"cookie": PORTAL_COOKIE, **more})

    def open_as(self, claims: Mapping[str, Any], *link: str) -> Response:
        """The twin's answer to a person's deep link."""
        return self.function(self.link(*link, sign_in=self.token(claims)))

    def cookie(self, email: str, *, at: str = "") -> str:
        """The Cookie header of somebody who has signed in, at the portal or another address."""
        url = at or self.platform.portal
        if (email, url) not in self._cookies:
            with self.platform.visitor() as visitor:
                visitor.sign_in(url, email=email)
                shards = {
                    cookie.name: str(cookie.value)
                    for cookie in visitor.http.cookies.jar
                    if cookie.name.startswith(self.authentication.cookie_name)
                    and cookie.domain.removesuffix(".local") == urlsplit(url).hostname
                }
            assert shards
            self.secrets.update(shards.values())
            header = "; ".join(f"{name}={value}" for name, value in shards.items())
            self._cookies[email, url] = header
        return self._cookies[email, url]

    def get(
        self, request_target: str, *headers: tuple[str, str], as_: str | None = None, url: str = ""
    ) -> Response:
        """Ask the load balancer, with the request's target byte for byte as it stands.

        `url` is another address of one than the portal's.
        """
        cookie = [("Cookie", self.cookie(as_))] if as_ else []
        return self.ask("GET", request_target, [*cookie, *headers], url=url)

    def ask(
        self,
        method: str,
        request_target: str,
        headers: Headers = (),
        *,
        body: bytes = b"",
        host: str = "",
        url: str = "",
    ) -> Response:
        """The load balancer's answer to a request that no browser would tidy up."""
        place = urlsplit(url or self.platform.portal)
        head = [f"{method} {request_target} HTTP/1.1", f"Host: {host or place.netloc}"]
        head += [f"{each}: {value}" for each, value in headers]
        head += ["Connection: close", f"Content-Length: {len(body)}"] if body else []
        raw = "\r\n".join([*head, "", ""]).encode("utf-8", "surrogateescape")
        return self.exchange(raw + body, place.port)

    def exchange(self, raw: bytes, port: int | None = None) -> Response:
        """The answer to these bytes over TLS."""
        trust = ssl.create_default_context(cafile=self.platform.ca)
        address = ("localhost", port or self.address[1])
        with (
            socket.create_connection(address, timeout=DEADLINE_SECONDS) as plain,
            trust.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            with suppress(OSError):  # it may answer, and close, before it has heard all
                connection.sendall(raw)
            response = HTTPResponse(connection, method=raw.split(b" ", 1)[0].decode("latin-1"))
            response.begin()
            body = response.read().decode("utf-8", "replace")
        headers = tuple((name.lower(), value) for name, value in response.getheaders())
        return self._seen(Response(response.status, headers, body))

    def _seen(self, answer: Response) -> Response:
        if token := urlsplit(answer.location).fragment:
            self.secrets.add(token)
        return answer

    @contextmanager
    def granted(
        self, principal: str, environment: str, *roles: str, expires: int | None = None
    ) -> Iterator[None]:
        """A grant by hand, until the block ends."""
        grant: dict[str, Any] = {"roles": {"SS": list(roles)}}
        if expires is not None:
            grant["expires"] = {"N": str(expires)}
        with self.item(principal, "manual", {"grants": {"M": {environment: {"M": grant}}}}):
            yield

    @contextmanager
    def blocked(self, principal: str, attributes: Mapping[str, Any]) -> Iterator[None]:
        """A block by hand with these attributes, until the `with` statement ends."""
        with self.item(principal, "block", attributes):
            yield

    @contextmanager
    def item(self, principal: str, source: str, attributes: Mapping[str, Any]) -> Iterator[None]:
        """An item of the grants table with these attributes, until the `with` statement ends."""
        name = self.platform.outputs("Grants")["TableName"]
        key = {"principal": {"S": principal}, "source": {"S": source}}
        self._dynamodb.put_item(TableName=name, Item={**key, **attributes})
        try:
            yield
        finally:
            self._dynamodb.delete_item(TableName=name, Key=key)

    @cached_property
    def _dynamodb(self) -> Any:
        return self.platform.cloud.session.client("dynamodb")

    @property
    def log(self) -> list[str]:
        """What the twins have written, one text a call."""
        return [text for each in self.variants.values() for text in each.log]

    def close(self) -> None:
        """Remove the function's twins."""
        for each in self.variants.values():
            each.client.delete_function(FunctionName=each.name)


@dataclass
class Deployed:
    """A function of the stand-in, called with an event as the load balancer would call it.

    What it mints goes into `secrets`, what it wrote on the last event is its `line`.
    """

    name: str
    client: Any
    secrets: set[str]
    log: list[str] = field(default_factory=list)
    line: str = ""
    _calls: int = 0

    def __call__(self, event: Any) -> Response:
        payload = self._invoke(event)
        self.line = self._line(self._calls)
        answer = json.loads(payload)
        assert set(answer) == {
            *("statusCode", "statusDescription", "isBase64Encoded", "multiValueHeaders", "body")
        }
        headers = tuple(
            (name.lower(), value)
            for name, values in answer["multiValueHeaders"].items()
            for value in values
        )
        found = Response(answer["statusCode"], headers, answer["body"])
        if token := urlsplit(found.location).fragment:
            self.secrets.add(token)
        assert "default-src 'none'" in found.header("content-security-policy")
        assert found.header("x-content-type-options") == "nosniff"
        return found

    def _invoke(self, event: Any) -> bytes:
        response = self.client.invoke(
            FunctionName=self.name, Payload=json.dumps(event).encode(), LogType="Tail"
        )
        self._calls += 1
        self.log.append(b64decode(response.get("LogResult", "")).decode())
        payload: bytes = response["Payload"].read()
        assert "FunctionError" not in response, payload
        return payload

    def _line(self, number: int) -> str:
        """Every call writes one line; the stand-in hands a late one on with the next call's."""
        for _ in range(LATE_LINES):
            lines = [line for text in self.log for line in text.splitlines()]
            if len(lines) >= number:
                return lines[number - 1]
            time.sleep(0.1)
            self._invoke({})
        pytest.fail(f"{self.name} has written fewer lines than it was called")


@contextmanager
def attacked(platform: Platform) -> Iterator[Target]:
    """The target of a running platform, which is left as it was."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings = json.loads((platform.state / "alb.json").read_text())
    context.load_cert_chain(settings["certificate"], settings["key"])
    asked: list[str] = []

    def answer(request: loopback.Request) -> loopback.Response:
        asked.append(request.path)
        pem = keys.PUBLISHED.get(request.path.removeprefix("/keys/"))
        return loopback.Response(200, pem) if pem else loopback.Response(404)

    with loopback.serving(loopback.Server(answer, context)) as server:
        target = Target(platform, server.url, asked)
        try:
            yield target
        finally:
            target.close()
