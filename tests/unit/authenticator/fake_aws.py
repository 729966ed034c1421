"""A small AWS on loopback: DynamoDB, STS and MWAA as far as the authenticator calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from tests import loopback

WEB_TOKEN = "canary-web-token"
SECRET_KEY = "canary-secret-key"
SESSION_TOKEN = "canary-session-token"
ACCESS_KEY = "ASIACANARYACCESSKEY"

Response = tuple[int, str]
Call = dict[str, Any]


@dataclass
class FakeAws:
    """What the services hold, what they were asked, and how they are made to fail.

    `faults` replaces an operation's answer; a fault that returns None lets the real one through.
    """

    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    web_login: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, Callable[[Call], Response | None]] = field(default_factory=dict)
    calls: list[tuple[str, Call]] = field(default_factory=list)

    def grant(
        self,
        principal: str,
        environment: str,
        *roles: str,
        expires: float | None = None,
        source: str = "configuration",
    ) -> None:
        grant: dict[str, Any] = {"roles": {"SS": list(roles)}}
        if expires is not None:
            grant["expires"] = {"N": str(int(expires))}
        item = self.items.setdefault((principal, source), {"M": {}})
        item["M"][environment] = {"M": grant}

    def block(self, principal: str, attributes: Any = None) -> None:
        """An item that blocks; `attributes` stand where grants do elsewhere."""
        self.items[principal, "block"] = attributes

    def asked(self, operation: str) -> list[Call]:
        return [call for name, call in self.calls if name == operation]

    def answer(self, request: loopback.Request) -> loopback.Response:
        operation, call = _asked(request)
        self.calls.append((operation, call))
        fault = self.faults.get(operation)
        real: dict[str, Callable[[Call], Response]] = {
            "BatchGetItem": self._batch_get_item,
            "AssumeRole": _assume_role,
            "CreateWebLoginToken": self._create_web_login_token,
            "GetEnvironment": self._get_environment,
        }
        status, body = (fault and fault(call)) or real[operation](call)
        return loopback.Response(status, body.encode())

    def _batch_get_item(self, call: Call) -> Response:
        ((table, wanted),) = call["RequestItems"].items()
        keys = [(key["principal"]["S"], key["source"]["S"]) for key in wanted["Keys"]]
        if len(keys) > 100 or len(set(keys)) != len(keys):
            return error("ValidationException", 400)
        found = [
            {"principal": {"S": key[0]}, "source": {"S": key[1]}, "grants": self.items[key]}
            for key in keys
            if key in self.items
        ]
        return 200, json.dumps({"Responses": {table: found}, "UnprocessedKeys": {}})

    def _create_web_login_token(self, _: Call) -> Response:
        return 200, json.dumps(self.web_login)

    def _get_environment(self, call: Call) -> Response:
        if call["Name"] not in self.environments:
            return error("ResourceNotFoundException", 404)
        return 200, json.dumps({"Environment": self.environments[call["Name"]]})


def error(code: str, status: int) -> Response:
    return status, json.dumps({"__type": code, "message": "canary-error-text"})


def _assume_role(_: Call) -> Response:
    return 200, (
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>'
        f"<Credentials><AccessKeyId>{ACCESS_KEY}</AccessKeyId>"
        f"<SecretAccessKey>{SECRET_KEY}</SecretAccessKey>"
        f"<SessionToken>{SESSION_TOKEN}</SessionToken>"
        "<Expiration>2030-01-01T00:00:00Z</Expiration></Credentials>"
        "</AssumeRoleResult></AssumeRoleResponse>"
    )


def _asked(request: loopback.Request) -> tuple[str, Call]:
    """The operation that a request names, and its parameters."""
    if target := request.headers.get("X-Amz-Target"):
        return target.split(".")[1], json.loads(request.body)
    if request.path.startswith(("/webtoken/", "/environments/")):
        operation = "CreateWebLoginToken" if request.method == "POST" else "GetEnvironment"
        return operation, {
            "Name": unquote(request.path.split("/")[2]),
            "Authorization": request.headers["Authorization"],
            "SecurityToken": request.headers.get("X-Amz-Security-Token"),
        }
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    return form["Action"], form


@dataclass
class KeyEndpoint:
    """Where the load balancers of a region publish their keys: path to (status, body).

    `pauses` are the seconds before each byte of the next answers.
    """

    keys: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    pauses: list[float] = field(default_factory=list)

    def answer(self, request: loopback.Request) -> loopback.Response:
        self.asked.append(request.path)
        status, body = self.keys.get(request.path, (404, b""))
        pause = self.pauses.pop(0) if self.pauses else 0
        return loopback.Response(status, body, self.headers, pause)
