"""A small AWS on loopback, as far as `explain` and the CDK CLI call it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from tests.loopback import Request, Response

ACCOUNT = "111122223333"
THEN = datetime(2026, 1, 1, 12, tzinfo=UTC)
STACK = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack's status, since when, and its failed resources: logical id, type and reason."""

    status: str
    since: datetime = THEN
    reason: str = ""
    failures: tuple[tuple[str, str, str], ...] = ()


@dataclass
class FakeAws:
    """Stacks by their names in CloudFormation, and what MWAA says of environments.

    `refused` names operations that are not allowed.
    """

    stacks: dict[str, Stack] = field(default_factory=dict)
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def answer(self, request: Request) -> Response:
        if request.path.startswith("/environments/"):
            return self._get_environment(unquote(request.path.split("/")[2]))
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        action = form.get("Action", "")
        actions = {
            "GetCallerIdentity": self._get_caller_identity,
            "ListStacks": self._list_stacks,
            "DescribeStacks": self._describe_stacks,
            "DescribeStackEvents": self._describe_stack_events,
        }
        if action not in actions or action in self.refused:
            return Response(403, _error("AccessDenied", f"You may not do {action}."))
        result = f"<{action}Result>{actions[action](form)}</{action}Result>"
        return Response(
            200,
            f"<{action}Response>{result}</{action}Response>".encode(),
            {"Content-Type": "text/xml"},
        )

    def _get_environment(self, name: str) -> Response:
        if "GetEnvironment" in self.refused:
            return _json_error(403, "AccessDeniedException", "You may not do this.")
        if name not in self.environments:
            return _json_error(404, "ResourceNotFoundException", "No such environment.")
        environment = {"Name": name, **self.environments[name]}
        return Response(200, json.dumps({"Environment": environment}).encode())

    def _get_caller_identity(self, _: dict[str, str]) -> str:
        arn = f"arn:aws:iam::{ACCOUNT}:user/somebody"
        return f"<Arn>{arn}</Arn><UserId>somebody</UserId><Account>{ACCOUNT}</Account>"

    def _list_stacks(self, _: dict[str, str]) -> str:
        members = "".join(f"<member>{self._summary(name)}</member>" for name in self.stacks)
        return f"<StackSummaries>{members}</StackSummaries>"

    def _describe_stacks(self, form: dict[str, str]) -> str:
        return f"<Stacks><member>{self._summary(_name(form))}</member></Stacks>"

    def _summary(self, name: str) -> str:
        stack = self.stacks[name]
        began = (stack.since - timedelta(days=1)).isoformat()
        reason = f"<StackStatusReason>{escape(stack.reason)}</StackStatusReason>"
        return (
            f"<StackName>{name}</StackName><StackId>{_id(name)}</StackId>"
            f"<CreationTime>{began}</CreationTime>"
            f"<LastUpdatedTime>{stack.since.isoformat()}</LastUpdatedTime>"
            f"<StackStatus>{stack.status}</StackStatus>{reason if stack.reason else ''}"
        )

    def _describe_stack_events(self, form: dict[str, str]) -> str:
        """The last deployment, newest first: what failed, and what was cancelled because of it."""
        name = _name(form)
        stack = self.stacks[name]
        begun = "UPDATE" if stack.status.startswith("UPDATE") else "CREATE"
        failed = f"{begun}_FAILED"
        events = [
            (name, STACK, f"{begun}_IN_PROGRESS", "User Initiated"),
            *((logical_id, kind, failed, reason) for logical_id, kind, reason in stack.failures),
            ("Follower", "AWS::S3::Bucket", failed, f"Resource {begun.lower()} cancelled"),
            (name, STACK, stack.status, ""),
        ]
        members = [
            f"<member><EventId>{number}</EventId><StackId>{_id(name)}</StackId>"
            f"<StackName>{name}</StackName><LogicalResourceId>{logical_id}</LogicalResourceId>"
            f"<PhysicalResourceId>{_id(name) if kind == STACK else 'x'}</PhysicalResourceId>"
            f"<ResourceType>{kind}</ResourceType>"
            f"<Timestamp>{(stack.since + timedelta(minutes=number)).isoformat()}</Timestamp>"
            f"<ResourceStatus>{status}</ResourceStatus>"
            f"<ResourceStatusReason>{escape(reason)}</ResourceStatusReason></member>"
            for number, (logical_id, kind, status, reason) in enumerate(events)
        ]
        return f"<StackEvents>{''.join(reversed(members))}</StackEvents>"


def _id(name: str) -> str:
    return f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/{name}/0123"


def _name(form: dict[str, str]) -> str:
    """A stack's name, which callers give by itself or in its ARN."""
    given = form["StackName"]
    return given.split("/")[1] if given.startswith("arn:") else given


def _error(code: str, message: str) -> bytes:
    return (
        f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        "</ErrorResponse>"
    ).encode()


def _json_error(status: int, code: str, message: str) -> Response:
    body = json.dumps({"__type": code, "message": message}).encode()
    return Response(status, body, {"x-amzn-ErrorType": code})
