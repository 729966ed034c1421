"""SimulatePrincipalPolicy by the evaluation that authorises requests.

MiniStack 1.5.33 judges one resource alone, by no context and no permissions boundary.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny", "ImplicitDeny": "implicitDeny"}


def install() -> None:
    """Replaces MiniStack's action."""
    iam._IAM_HANDLERS["SimulatePrincipalPolicy"] = _simulate


def _simulate(parameters: Mapping[str, Any]) -> Any:
    role = str(iam._p(parameters, "PolicySourceArn")).rpartition("/")[2]
    if role not in iam._roles:
        return iam._error(404, "NoSuchEntity", f"There is no role {role}.", ns="iam")
    actions = [*_members(parameters, "ActionNames.member.{}")]
    if any("*" in each for each in actions):
        return iam._error(400, "InvalidInput", "Invalid Entity Action in ActionNames", ns="iam")
    resources = [*_members(parameters, "ResourceArns.member.{}")] or ["*"]
    context = {
        name.lower(): [*_members(parameters, entry + ".ContextKeyValues.member.{}")]
        for entry, name in _context_entries(parameters)
    }
    results = "".join(
        _result(role, action, resource, context) for action in actions for resource in resources
    )
    return iam._xml(
        200,
        "SimulatePrincipalPolicyResponse",
        f"<SimulatePrincipalPolicyResult><EvaluationResults>{results}</EvaluationResults>"
        "<IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult>",
        ns="iam",
    )


def _result(role: str, action: str, resource: str, context: Mapping[str, list[str]]) -> str:
    account = get_account_id()
    request = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::{account}:role/{role}",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={
            name: values[0] if len(values) == 1 else values for name, values in context.items()
        },
    )
    policies = iam_evaluator._gather_role_policies(role, account)
    limits = iam_evaluator._permissions_boundary(iam._roles, role, account)
    decision = DECISIONS[iam_evaluator.evaluate(request, policies, *limits).decision]
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalDecision>{decision}</EvalDecision>{_boundary(request, limits)}</member>"
    )


def _boundary(request: Any, limits: list[Any]) -> str:
    """Whether the boundary, where there is one, allows the request."""
    if not limits:
        return ""
    allowed = str(iam_evaluator.evaluate(request, limits[0]).decision == "Allow").lower()
    return (
        "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>"
        f"{allowed}</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>"
    )


def _context_entries(parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    number = 1
    while name := iam._p(parameters, f"ContextEntries.member.{number}.ContextKeyName"):
        yield f"ContextEntries.member.{number}", str(name)
        number += 1


def _members(parameters: Mapping[str, Any], pattern: str) -> Iterator[str]:
    number = 1
    while value := iam._p(parameters, pattern.format(number)):
        yield str(value)
        number += 1
