"""Target groups: the one function, or the addresses, that a rule forwards to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from errors import PlatformError

CLIENT = "elasticloadbalancing.amazonaws.com"
MULTI_VALUE_HEADERS = "lambda.multi_value_headers.enabled"


@dataclass(frozen=True, kw_only=True)
class LambdaTargetGroup:
    """A target group with one function."""

    group_arn: str
    function: str
    multi_value_headers: bool


@dataclass(frozen=True, kw_only=True)
class IpTargetGroup:
    """A target group of addresses; which ones is asked anew for each request."""

    group_arn: str
    scheme: str


TargetGroup = LambdaTargetGroup | IpTargetGroup


def read_target_group(client: Callable[[str], Any], group: str) -> TargetGroup:
    """Describe a target group; `client` makes a boto3 client of a service.

    Raises PlatformError for what the local load balancer cannot do, or the real one could not.
    """
    elb = client("elbv2")
    [described] = elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
    match described["TargetType"]:
        case "lambda":
            return _function(client, group)
        case "ip":
            return IpTargetGroup(group_arn=group, scheme=described["Protocol"].lower())
    raise unsupported(f"targets of the type {described['TargetType']} are not known", group)


def unsupported(reason: str, where: str) -> PlatformError:
    """What to raise for a listener that goes beyond this load balancer."""
    return PlatformError(
        f"The local load balancer cannot do what is deployed: {reason}.",
        place=where,
        remedy="Change the stack, or teach local/alb what the real load balancer does there.",
    )


def _function(client: Callable[[str], Any], group: str) -> LambdaTargetGroup:
    elb = client("elbv2")
    targets = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    functions = [target["Target"]["Id"] for target in targets]
    if len(functions) != 1:
        raise unsupported("a target group has other targets than one function", group)
    if not _may_invoke(client("lambda"), functions[0], group):
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


def _may_invoke(functions: Any, function: str, group: str) -> bool:
    """Whether the function's policy lets the target group in.

    AWS asks when a target is registered, and again with every request.
    """
    try:
        policy = json.loads(functions.get_policy(FunctionName=function)["Policy"])
    except functions.exceptions.ResourceNotFoundException:
        return False
    return any(
        statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": CLIENT}
        and statement["Action"] == "lambda:InvokeFunction"
        and fnmatchcase(group, _source(statement))
        for statement in policy["Statement"]
    )


def _source(statement: Mapping[str, Any]) -> str:
    operators: Iterable[Mapping[str, str]] = statement.get("Condition", {}).values()
    arns = (
        value
        for operator in operators
        for key, value in operator.items()
        if key.lower() == "aws:sourcearn"
    )
    return next(arns, "*")
