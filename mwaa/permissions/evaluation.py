"""What a policy says of a request, as far as that can be told from the policy alone.

For policies of resources, which IAM's own simulator does not judge for roles.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What a policy says; UNKNOWN where that depends on a condition that cannot be judged."""

    ALLOWED = "allowed"
    DENIED = "denied"
    NOT_ALLOWED = "not allowed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request: who calls which action on which resource.

    `principals` are the names under which a policy may have the caller, by kind (AWS, Service);
    `context` has the values of condition keys that are known.
    """

    action: str
    resource: str = "*"
    principals: Mapping[str, frozenset[str]] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)


def judge(policy: Mapping[str, Any], request: Request) -> Verdict:
    """The verdict of one policy on a request."""
    found: dict[str, set[bool | None]] = {"Allow": set(), "Deny": set()}
    for statement in _listed(policy.get("Statement")):
        found.setdefault(str(statement.get("Effect")), set()).add(_applies(statement, request))
    if True in found["Deny"]:
        return Verdict.DENIED
    if True not in found["Allow"]:
        return Verdict.UNKNOWN if None in found["Allow"] else Verdict.NOT_ALLOWED
    return Verdict.UNKNOWN if None in found["Deny"] else Verdict.ALLOWED


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether a text is what a pattern of IAM's, with `*` and `?`, stands for."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.fullmatch(expression, text, flags) is not None


def _applies(statement: Mapping[str, Any], request: Request) -> bool | None:
    """Whether a statement is about a request; None where its conditions cannot be judged."""
    if not (
        _names(statement, "Action", request.action, ignore_case=True)
        and _names(statement, "Resource", request.resource)
        and _is_for(statement, request)
    ):
        return False
    met = [*_conditions(statement, request.context)]
    return False if False in met else None if None in met else True


def _names(statement: Mapping[str, Any], key: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether `Action` or `Resource` has this; one without either is about all."""
    if key in statement:
        return any(matches(each, text, ignore_case=ignore_case) for each in _listed(statement[key]))
    excluded = _listed(statement.get(f"Not{key}"))
    return not any(matches(each, text, ignore_case=ignore_case) for each in excluded)


def _is_for(statement: Mapping[str, Any], request: Request) -> bool:
    if "NotPrincipal" in statement:
        return not _has(statement["NotPrincipal"], request)
    return "Principal" not in statement or _has(statement["Principal"], request)


def _has(principal: Any, request: Request) -> bool:
    if principal == "*":
        return True
    named = principal if isinstance(principal, dict) else {}
    return any(
        value == "*" or value in request.principals.get(kind, ())
        for kind, values in named.items()
        for value in _listed(values)
    )


def _conditions(statement: Mapping[str, Any], context: Mapping[str, str]) -> Iterator[bool | None]:
    known = {key.lower(): value for key, value in context.items()}
    for operator, keys in (statement.get("Condition") or {}).items():
        kind = operator.rpartition(":")[2].removesuffix("IfExists")
        for key, values in keys.items():
            yield _met(kind, known.get(key.lower()), [str(each) for each in _listed(values)])


def _met(operator: str, actual: str | None, expected: list[str]) -> bool | None:
    """Whether a condition is met; None for a value, or an operator, that is not known."""
    if actual is None:
        return None
    if operator == "Bool":
        return actual.lower() in [each.lower() for each in expected]
    plain = re.fullmatch(r"(String|Arn)(Not)?(Equals|Like)(IgnoreCase)?", operator)
    if not plain:
        return None
    family, negated, comparison, ignore_case = plain.groups()
    if family == "String" and comparison == "Equals":
        own, others = (actual, expected)
        if ignore_case:
            own, others = actual.lower(), [each.lower() for each in expected]
        found = own in others
    else:
        found = any(matches(each, actual) for each in expected)
    return found is not bool(negated)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
