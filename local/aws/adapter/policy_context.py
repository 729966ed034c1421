"""Context of policy evaluation that MiniStack 1.5.33 lacks.

- SourceIdentity of AssumeRole. AWS requires `sts:SetSourceIdentity` in the caller's policies and in
  the role's trust policy, and conditions can test the value (IAM user guide, "Monitor and control
  actions taken with assumed roles").
- The service that assumes a role for a resource. Here the account's root acts for MWAA: with
  `aws:SourceArn` of the environment whose execution role it assumes.
- TLS: requests come over plain HTTP on loopback, and the deployed bucket policies deny those
  without `aws:SecureTransport`. Nothing leaves the machine, so they count as secure.
- Describe actions, which AWS authorises on the resource `*`.
- The web ACL, or the resource it protects, of AWS WAF's actions that join and part them, which
  MiniStack authorises on `*`. AWS asks for both
  (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import mwaa, sts

ACTION = "sts:SetSourceIdentity"
DESCRIBE_SERVICES = ("ec2", "elasticloadbalancing")

_source_identity: ContextVar[str | None] = ContextVar("source_identity", default=None)


def install() -> None:
    """Adds the context to MiniStack's evaluation of policies."""
    iam_actions.extract_resource_arn = _with_web_acls(
        _with_describe_actions(iam_actions.extract_resource_arn)
    )
    app.pin_request_origin = lambda address, _secure: iam_evaluator.pin_request_origin(
        address, secure_transport=True
    )
    iam_evaluator.evaluate_trust_policy = _with_environment(
        _with_source_identity(iam_evaluator.evaluate_trust_policy)
    )
    sts.handle_request = _handling_source_identity(sts.handle_request)


def _handling_source_identity(handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Any:
        form = parse_qs(body.decode(errors="replace"))
        identity = form.get("SourceIdentity", [None])[0]
        if identity is None or form.get("Action") != ["AssumeRole"]:
            return await handle(method, path, headers, body, query)
        role = form.get("RoleArn", ["*"])[0]
        denied = app._enforce_data_plane("sts", ACTION, headers, query, "", resource_arn=role)
        if denied:
            return denied
        token = _source_identity.set(identity)
        try:
            status, response_headers, xml = await handle(method, path, headers, body, query)
        finally:
            _source_identity.reset(token)
        element = f"<SourceIdentity>{identity}</SourceIdentity></AssumeRoleResult>".encode()
        return status, response_headers, xml.replace(b"</AssumeRoleResult>", element)

    return handle_request


def _with_source_identity(evaluate: Callable[..., bool]) -> Callable[..., bool]:
    def evaluate_trust_policy(document: Any, caller: str, context: Any = None) -> bool:
        identity = _source_identity.get()
        if identity is None or context is None or context.action != "sts:AssumeRole":
            return evaluate(document, caller, context)
        keys = {**context.service_context, "sts:sourceidentity": identity}
        context = dataclasses.replace(context, service_context=keys)
        setting = dataclasses.replace(context, action=ACTION)
        return evaluate(document, caller, context) and evaluate(document, caller, setting)

    return evaluate_trust_policy


def _with_environment(evaluate: Callable[..., bool]) -> Callable[..., bool]:
    def evaluate_trust_policy(document: Any, caller: str, context: Any = None) -> bool:
        if context is None or not caller.endswith(":root"):
            return evaluate(document, caller, context)
        acting_for = (
            {"aws:sourcearn": each["Arn"], "aws:sourceaccount": context.principal_account}
            for each in mwaa._environments.values()
            if each.get("ExecutionRoleArn") == context.resource_arn
        )
        keys = {**context.service_context, **next(acting_for, {})}
        return evaluate(document, caller, dataclasses.replace(context, service_context=keys))

    return evaluate_trust_policy


def _with_web_acls(extract: Callable[..., str]) -> Callable[..., str]:
    def extract_resource_arn(
        service: str, method: str, path: str, headers: Mapping[str, str], body: bytes, *more: Any
    ) -> str:
        if service == "wafv2":
            content = json.loads(body or b"{}")
            if arn := content.get("WebACLArn") or content.get("ResourceArn"):
                return str(arn)
        return extract(service, method, path, headers, body, *more)

    return extract_resource_arn


def _with_describe_actions(extract: Callable[..., str]) -> Callable[..., str]:
    def extract_resource_arn(service: str, *request: Any) -> str:
        _method, _path, _headers, _body, query, *_location = request
        action = iam_actions._query_param(query, "Action") or ""
        if service in DESCRIBE_SERVICES and action.startswith("Describe"):
            return "*"
        return extract(service, *request)

    return extract_resource_arn
