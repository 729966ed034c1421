"""The load balancer as an ASGI application."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from errors import PlatformError
from local.alb.actions import FixedResponse, Redirect
from local.alb.claims import ClaimsSigner, SigningKey
from local.alb.conditions import RequestFields
from local.alb.headers import CONNECTION_HEADERS, Headers
from local.alb.http_error import HttpError
from local.alb.ip_targets import Forwarder, IpTarget
from local.alb.lambda_target import BODY_LIMIT_BYTES, make_event, read_response
from local.alb.load_balancer import AuthenticateOidcConfig, LoadBalancer, RoutingAction
from local.alb.oidc_flow import CALLBACK, OidcFlow
from local.alb.sessions import Session
from local.alb.target_groups import IpTargetGroup, LambdaTargetGroup

# AWS serves the public keys of a Region at a host of its own.
PUBLIC_KEYS = "/public-keys/"
RULES_TTL_SECONDS = 5

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
REQUEST_LINE_LIMIT_BYTES = HEADER_LIMIT_BYTES = 16 * 1024
HEADERS_LIMIT_BYTES = 64 * 1024

log = logging.getLogger("alb")


class Front:
    """Handles every request by the rules of the load balancer that `read` returns.

    `session` calls AWS; `port` is where it listens, `ports` where each host name of this machine is
    served. Redirects to these hosts get their port, which AWS does not need.
    """

    def __init__(
        self,
        *,
        read: Callable[[], LoadBalancer],
        session: boto3.Session,
        oidc_flow: OidcFlow,
        forwarder: Forwarder,
        key: SigningKey,
        port: int,
        ports: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._read = read
        self._lambda = session.client("lambda")
        self._elbv2 = session.client("elbv2")
        self._oidc_flow = oidc_flow
        self._forwarder = forwarder
        self._port = port
        self._load_balancer = read()
        self._expires = time.monotonic() + RULES_TTL_SECONDS
        self._key = key
        self._signer = ClaimsSigner(self._load_balancer.arn, key)
        self._ports = {host.lower(): port for host, port in ports.items()}
        names = "|".join(map(re.escape, ports)) or "(?!)"
        # With the port of the listener, which a redirect action writes.
        self._local_host = re.compile(
            rf"\Ahttps://({names})(?::{self._load_balancer.port})?(?=[/?#]|$)", re.IGNORECASE
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        request = Request(scope, receive)
        try:
            response, reason = await self._respond(request), ""
        except HttpError as error:
            response, reason = error.response, error.reason
        except (BotoCoreError, ClientError, PlatformError) as error:
            reason = f"the AWS stand-in failed: {error}"
            response = HttpError(503, reason).response
        response.headers.setdefault("server", "awselb/2.0")
        if location := response.headers.get("location"):
            response.headers["location"] = self._local_host.sub(self._with_port, location)
        # Without the query, which may contain authorization codes.
        log.info("%s %s %d %s", request.method, _path(request), response.status_code, reason)
        await response(scope, receive, send)

    def _with_port(self, origin: re.Match[str]) -> str:
        return f"https://{origin[1]}:{self._ports[origin[1].lower()]}"

    async def _respond(self, request: Request) -> Response:
        path, hosts = _path(request), request.headers.getlist("host")
        if len(hosts) != 1 or not hosts[0]:
            raise HttpError(400, "no Host header, or several")
        _check_sizes(request)
        if path.startswith(PUBLIC_KEYS):
            return self._public_key(path.removeprefix(PUBLIC_KEYS))
        load_balancer = await self._current_load_balancer()
        headers = self._request_headers(request, load_balancer)
        fields = RequestFields(
            method=request.method,
            host=hosts[0],
            path=path,
            query=_query(request),
            headers=headers,
        )
        rule = load_balancer.rule_for(fields)
        if config := rule.authentication:
            if path == CALLBACK:
                return await self._oidc_flow.finish(request, config)
            session = self._oidc_flow.session(request, config)
            if session is None and config.on_unauthenticated == "authenticate":
                return self._oidc_flow.start(request, config)
            if session is None and config.on_unauthenticated == "deny":
                raise HttpError(401, "not signed in")
            headers = self._with_identity(headers, session, config)
        return await self._perform(rule.action, request, fields, headers)

    async def _current_load_balancer(self) -> LoadBalancer:
        """The deployed rules, read again when their TTL has passed."""
        if time.monotonic() > self._expires:
            self._load_balancer = await run_in_threadpool(self._read)
            self._expires = time.monotonic() + RULES_TTL_SECONDS
        return self._load_balancer

    def _public_key(self, kid: str) -> Response:
        if kid != self._key.kid:
            raise HttpError(404, "no such key")
        return PlainTextResponse(self._key.public_key)

    def _request_headers(self, request: Request, load_balancer: LoadBalancer) -> Headers:
        """The headers that the client sent and those that the load balancer adds."""
        sent = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
        ]
        if load_balancer.drops_invalid_headers:
            sent = [(name, value) for name, value in sent if re.fullmatch(r"[A-Za-z0-9-]+", name)]
        client = request.client.host if request.client else ""
        forwarded = [value for name, value in sent if name == "x-forwarded-for"]
        trace = next((value for name, value in sent if name == "x-amzn-trace-id"), None)
        added = {
            "x-forwarded-for": ", ".join([*forwarded, client]),
            "x-forwarded-proto": "https",
            "x-forwarded-port": str(self._port),
            "x-amzn-trace-id": _trace(trace),
        }
        replaced = added.keys() | (CONNECTION_HEADERS - {"content-length"})
        return [*((name, value) for name, value in sent if name not in replaced), *added.items()]

    def _with_identity(
        self, headers: Headers, session: Session | None, config: AuthenticateOidcConfig
    ) -> Headers:
        """The headers with the load balancer's own `x-amzn-oidc-*`, without those of the client."""
        others = [(name, value) for name, value in headers if not name.startswith("x-amzn-oidc-")]
        if session is None:
            return others
        return [
            *others,
            ("x-amzn-oidc-accesstoken", session.access_token),
            ("x-amzn-oidc-identity", str(session.claims["sub"])),
            ("x-amzn-oidc-data", self._signer.sign(session.claims, config)),
        ]

    async def _perform(
        self, action: RoutingAction, request: Request, fields: RequestFields, headers: Headers
    ) -> Response:
        match action:
            case Redirect():
                return action.response(fields)
            case FixedResponse():
                return action.response()
            case IpTargetGroup():
                return await self._forward(action, request, headers)
            case LambdaTargetGroup():
                return await self._invoke(action, request, headers)

    async def _forward(self, target: IpTargetGroup, request: Request, headers: Headers) -> Response:
        described = await run_in_threadpool(
            self._elbv2.describe_target_health, TargetGroupArn=target.group_arn
        )
        registered: list[IpTarget] = [
            (each["Target"]["Id"], each["Target"]["Port"])
            for each in described["TargetHealthDescriptions"]
        ]
        port = await run_in_threadpool(self._forwarder.select, registered)
        return await self._forwarder.forward(request, headers, scheme=target.scheme, port=port)

    async def _invoke(
        self, target: LambdaTargetGroup, request: Request, headers: Headers
    ) -> Response:
        body = await request.body()
        if len(body) > BODY_LIMIT_BYTES:
            raise HttpError(413, "the body is larger than 1 MB")
        path = _path(request)
        event = make_event(
            target,
            method=request.method,
            path=path,
            query=_query(request),
            headers=headers,
            body=body,
        )
        result = await run_in_threadpool(
            self._lambda.invoke, FunctionName=target.function, Payload=json.dumps(event).encode()
        )
        payload = await run_in_threadpool(result["Payload"].read)
        if "FunctionError" in result:
            raise HttpError(502, "the function failed; its own log says why")
        return read_response(target, payload, url=f"https://{request.headers['host']}{path}")


def _path(request: Request) -> str:
    return str(request.scope["raw_path"].decode("latin-1"))


def _query(request: Request) -> str:
    return str(request.scope["query_string"].decode("latin-1"))


def _check_sizes(request: Request) -> None:
    line = f"{request.method} {_path(request)}?{_query(request)} HTTP/1.1"
    if len(line) > REQUEST_LINE_LIMIT_BYTES:
        raise HttpError(414, "the request line is larger than 16 KB")
    sizes = [len(name) + len(value) for name, value in request.headers.raw]
    if max(sizes) > HEADER_LIMIT_BYTES or sum(sizes) > HEADERS_LIMIT_BYTES:
        raise HttpError(400, "a header is larger than 16 KB, or all of them than 64 KB")


def _trace(sent: str | None) -> str:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html"""
    own = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Self={own};{sent}" if sent else f"Root={own}"
