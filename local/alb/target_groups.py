"""Target groups: the function or the IP addresses that a rule forwards to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import boto3

from errors import PlatformError

CLIENT = "elasticloadbalancing.amazonaws.com"
MULTI_VALUE_HEADERS = "lambda.multi_value_headers.enabled"


@dataclass(frozen=True, kw_only=True)
class LambdaTargetGroup:
    """A target group of one Lambda function."""

    group_arn: str
    function: str
    multi_value_headers: bool


@dataclass(frozen=True, kw_only=True)
class IpTargetGroup:
    """A target group of IP addresses, which are looked up for each request."""

    group_arn: str
    scheme: str


TargetGroup = LambdaTargetGroup | IpTargetGroup


def read_target_group(session: boto3.Session, group: str) -> TargetGroup:
    """Reads the target group of an ARN from AWS's API.

    Raises PlatformError for what the local load balancer does not support, or the real one could
    not do.
    """
    elb = session.client("elbv2")
    [described] = elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
    match described["TargetType"]:
        case "lambda":
            return _lambda_target_group(session, group)
        case "ip":
            return IpTargetGroup(group_arn=group, scheme=described["Protocol"].lower())
    raise unsupported(f"targets of the type {described['TargetType']} are not known", group)


def unsupported(reason: str, where: str) -> PlatformError:
    """The error for a listener that this load balancer does not support."""
    return PlatformError(
        f"The local load balancer cannot do what is deployed: {reason}.",
        place=where,
        remedy="Change the stack, or teach local/alb what the real load balancer does there.",
    )


def _lambda_target_group(session: boto3.Session, group: str) -> LambdaTargetGroup:
    elb = session.client("elbv2")
    targets = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    functions = [target["Target"]["Id"] for target in targets]
    if len(functions) != 1:
        raise unsupported("a target group has other targets than one function", group)
    if not _may_invoke(session, functions[0], group):
        raise PlatformError(
            "The load balancer may not invoke its function.",
            place=functions[0],
            remedy=f"Allow {CLIENT} lambda:InvokeFunction with the SourceArn {group}.",
        )
    described = elb.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
    attributes = {each["Key"]: each["Value"] for each in described}
    return LambdaTargetGroup(
        group_arn=group,
        function=functions[0],
        multi_value_headers=attributes.get(MULTI_VALUE_HEADERS) == "true",
    )


def _may_invoke(session: boto3.Session, function: str, group: str) -> bool:
    """Whether the function's policy permits the target group to invoke it.

    AWS checks this when a target is registered, and with every request.
    """
    functions = session.client("lambda")
    try:
        policy = json.loads(functions.get_policy(FunctionName=function)["Policy"])
    except functions.exceptions.ResourceNotFoundException:
        return False
    return any(
        statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": CLIENT}
        and statement["Action"] == "lambda:InvokeFunction"
        and fnmatchcase(group, _source_arn(statement))
        for statement in policy["Statement"]
    )


def _source_arn(statement: Mapping[str, Any]) -> str:
    operators: Iterable[Mapping[str, str]] = statement.get("Condition", {}).values()
    arns = (
        value
        for operator in operators
        for key, value in operator.items()
        if key.lower() == "aws:sourcearn"
    )
    return next(arns, "*")
