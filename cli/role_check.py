"""What an execution role lacks of what its environment needs, as IAM itself judges it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.new_environment import NewEnvironment
from mwaa.permissions.evaluation import Request, Verdict, judge
from mwaa.permissions.execution_role import ASSUME, SERVICES, RoleAccess, tried
from mwaa.permissions.statement import Location, Statement

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

POLICIES = "./mwaa-platform policies"
"""The command that prints what roles, boundaries, keys and buckets must allow."""
ALLOWED, DENIED = "allowed", "explicitDeny"


@dataclass(frozen=True, kw_only=True)
class Lack:
    """A statement of which a role may not do all: `actions` on `resources`, and why not."""

    statement: Statement
    actions: Sequence[str]
    resources: Sequence[str]
    why: str

    @property
    def words(self) -> str:
        """The lack in one sentence."""
        return (
            f"It may not {self.statement.purpose}: {', '.join(self.actions)} on "
            f"{', '.join(self.resources)}. {self.why}"
        )


def subject(settings: NewEnvironment) -> str:
    """The name of an environment's role in findings."""
    return f"Execution role of {settings.name}"


def policies_command(settings: NewEnvironment) -> str:
    """The command that prints what the policies must say."""
    return f"{POLICIES} --environment {settings.name}"


def lacks(iam: IAMClient, role_arn: str, access: RoleAccess) -> Iterator[Lack]:
    """Yields what the role lacks, statement by statement.

    IAM judges the role's policies, its boundary and the organisation's policies together:
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    for statement in access.statements:
        if statement.effect == "Allow":
            refused = [
                each
                for context in _contexts(statement)
                for each in _refused(iam, role_arn, statement, context)
            ]
            if refused:
                yield Lack(
                    statement=statement,
                    actions=_each_once(each["EvalActionName"] for each in refused),
                    resources=_each_once(each["EvalResourceName"] for each in refused),
                    why=_why(refused),
                )


def untrusted(policy: Mapping[str, Any], environment: str, location: Location) -> list[str]:
    """The services of MWAA that a trust policy does not let assume the role."""
    context = {
        "aws:SourceAccount": location.account,
        "aws:SourceArn": location.arn("airflow", f"environment/{environment}"),
    }
    return [
        service
        for service in SERVICES
        if judge(
            policy,
            Request(action=ASSUME, principals={"Service": frozenset([service])}, context=context),
        )
        in {Verdict.DENIED, Verdict.NOT_ALLOWED}
    ]


def forbidden(boundary: Mapping[str, Any], access: RoleAccess) -> Iterator[tuple[Statement, str]]:
    """Yields each action that a boundary does not allow, with the statement that needs it."""
    for statement in access.statements:
        if statement.effect != "Allow":
            continue
        for context in _contexts(statement):
            for action, resource in tried(statement):
                request = Request(action=action, resource=resource, context=context)
                if judge(boundary, request) in {Verdict.DENIED, Verdict.NOT_ALLOWED}:
                    yield statement, action


def _contexts(statement: Statement) -> list[Mapping[str, str]]:
    """The values of the condition, each of which must do."""
    keys = [each for keys in statement.condition.values() for each in keys.items()]
    if not keys:
        return [{}]
    return [
        {key: value}
        for key, values in keys
        for value in ([values] if isinstance(values, str) else values)
    ]


def _refused(
    iam: IAMClient, role_arn: str, statement: Statement, context: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    wanted = set(tried(statement))
    pages = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=role_arn,
        ActionNames=_each_once(action for action, _ in tried(statement)),
        ResourceArns=_each_once(resource for _, resource in tried(statement)),
        ContextEntries=[
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
            for key, value in context.items()
        ],
    )
    for page in pages:
        for each in page["EvaluationResults"]:
            asked = (each["EvalActionName"], each.get("EvalResourceName", "*"))
            if asked in wanted and each["EvalDecision"] != ALLOWED:
                yield {**each}


def _why(refused: Sequence[Mapping[str, Any]]) -> str:
    """Which kind of policy stands in the way."""
    boundaries = [each.get("PermissionsBoundaryDecisionDetail") or {} for each in refused]
    if any(each.get("AllowedByPermissionsBoundary") is False for each in boundaries):
        return "Its permissions boundary does not allow it."
    organisations = [each.get("OrganizationsDecisionDetail") or {} for each in refused]
    if any(each.get("AllowedByOrganizations") is False for each in organisations):
        return "A policy of the organisation does not allow it."
    if any(each["EvalDecision"] == DENIED for each in refused):
        return "A policy of the role denies it."
    return "No policy of the role allows it."


def _each_once(texts: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(texts))
