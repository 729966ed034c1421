"""IAM that knows a change after a while, as long as a test says; MiniStack 1.5.33 knows at once.

A new role cannot be assumed at first, and a role's new, changed or deleted policies are not those
by which its calls are judged. MWAA tries the role of a new environment, once.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
https://github.com/hashicorp/terraform-provider-aws/issues/26429
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam
from ministack.services.cloudformation import provisioners

from local.aws.adapter import trouble
from local.aws.adapter.handlers import CreatedResource, Properties

TYPES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role")
READING = ("Get", "List", "Simulate", "Generate")
REFUSED = (
    "Invalid request provided: Provided role does not have sufficient permissions for s3 location "
    "{bucket}/{path}"
)


class _State(NamedTuple):
    """What decides for a role: who may assume it, and what it may do."""

    trust: Any
    policies: Any


class _Change(NamedTuple):
    """A change of a role; `before` is None where it did not exist."""

    at: float
    before: _State | None


_changes: dict[str, list[_Change]] = {}
_policies_of: Callable[..., Any] = iam_evaluator._gather_role_policies


def install() -> None:
    """Notes the changes of roles, and makes decisions by what IAM knows."""
    for action, handle in iam._IAM_HANDLERS.items():
        if not action.startswith(READING):
            iam._IAM_HANDLERS[action] = _noting(handle)
    for name in TYPES:
        handlers = provisioners._RESOURCE_HANDLERS[name]
        for operation in ("create", "update", "delete"):
            handlers[operation] = _noting(handlers[operation])
    iam_evaluator._gather_role_policies = _known_policies
    iam_evaluator.evaluate_trust_policy = _by_known_trust(iam_evaluator.evaluate_trust_policy)
    environments = provisioners._RESOURCE_HANDLERS["AWS::MWAA::Environment"]
    environments["create"] = _with_a_known_role(environments["create"])


def _noting(handle: Callable[..., Any]) -> Callable[..., Any]:
    def noting(*arguments: Any) -> Any:
        if not trouble.current().iam_delay_seconds:
            return handle(*arguments)
        before = _states()
        try:
            return handle(*arguments)
        finally:
            after, now = _states(), time.monotonic()
            for role in before.keys() | after.keys():
                if before.get(role) != after.get(role):
                    _changes.setdefault(role, []).append(_Change(now, before.get(role)))

    return noting


def _states() -> dict[str, _State]:
    return {name: _state(name) for name in iam._roles}


def _state(role: str) -> _State:
    trust = iam._roles[role]["AssumeRolePolicyDocument"]
    return _State(trust, _policies_of(role, get_account_id()))


def _known(role: str) -> _State | None:
    """What IAM knows of a role; None where it knows no such role."""
    since = time.monotonic() - trouble.current().iam_delay_seconds
    for change in _changes.get(role, ()):
        if change.at > since:
            return change.before
    return _state(role) if role in iam._roles else None


def _known_policies(role: str, account: str) -> Any:
    if not trouble.current().iam_delay_seconds:
        return _policies_of(role, account)
    known = _known(role)
    return known.policies if known else []


def _by_known_trust(evaluate: Callable[..., bool]) -> Callable[..., bool]:
    def evaluate_trust_policy(document: Any, caller: str, context: Any = None) -> bool:
        if context is None or not trouble.current().iam_delay_seconds:
            return evaluate(document, caller, context)
        known = _known(_name_of(context.resource_arn))
        return known is not None and evaluate(known.trust, caller, context)

    return evaluate_trust_policy


def _with_a_known_role(create: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def create_environment(logical_id: str, properties: Properties, stack: str) -> CreatedResource:
        role = _name_of(str(properties.get("ExecutionRoleArn")))
        if role in iam._roles and _known(role) != _state(role):
            bucket = str(properties["SourceBucketArn"]).rpartition(":")[2]
            path = properties.get("DagS3Path", "")
            raise ValueError(REFUSED.format(bucket=bucket, path=path))
        return create(logical_id, properties, stack)

    return create_environment


def _name_of(arn: str) -> str:
    return arn.rpartition("/")[2]
