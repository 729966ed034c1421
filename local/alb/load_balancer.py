"""The deployed load balancer: its rules, as the API of the AWS account describes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from cli.errors import PlatformError

CLIENT = "elasticloadbalancing.amazonaws.com"
DROP_INVALID_HEADERS = "routing.http.drop_invalid_header_fields.enabled"
MULTI_VALUE_HEADERS = "lambda.multi_value_headers.enabled"


@dataclass(frozen=True, kw_only=True)
class Authentication:
    """An `authenticate-oidc` action."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    user_info_endpoint: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    cookie_name: str
    session_seconds: int
    on_unauthenticated: str
    extra_parameters: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Target:
    """A target group with one function."""

    group_arn: str
    function: str
    multi_value_headers: bool


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Who must sign in and which function answers, for requests that meet all conditions."""

    conditions: Mapping[str, tuple[re.Pattern[str], ...]]
    authentication: Authentication | None
    target: Target

    def applies_to(self, facts: Mapping[str, str]) -> bool:
        """Whether one value of each condition fits the request's `facts`, by condition field."""
        return all(
            any(pattern.fullmatch(facts[name]) for pattern in patterns)
            for name, patterns in self.conditions.items()
        )


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """The HTTPS listener of a load balancer; `rules` in the order of their priority."""

    arn: str
    drops_invalid_headers: bool
    rules: tuple[Rule, ...]

    def rule_for(self, *, path: str, host: str, method: str) -> Rule:
        """The first rule that applies; the default rule, the last one, always does."""
        name = re.sub(r":\d+$", "", host).lower()
        facts = {"path-pattern": path, "host-header": name, "http-request-method": method}
        return next(rule for rule in self.rules if rule.applies_to(facts))


def read_load_balancer(client: Callable[[str], Any], arn: str) -> LoadBalancer:
    """Describe the load balancer `arn`; `client` makes a boto3 client of a service.

    Raises PlatformError for what the local load balancer cannot do, or the real one could not.
    """
    elb = client("elbv2")
    listeners = [
        listener
        for listener in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
        if listener["Protocol"] == "HTTPS"
    ]
    if len(listeners) != 1:
        raise _cannot(f"{len(listeners)} HTTPS listeners stand where one is expected", arn)
    described = elb.describe_rules(ListenerArn=listeners[0]["ListenerArn"])["Rules"]
    attributes = _attributes(elb.describe_load_balancer_attributes(LoadBalancerArn=arn))
    return LoadBalancer(
        arn=arn,
        drops_invalid_headers=attributes.get(DROP_INVALID_HEADERS) == "true",
        rules=tuple(_rule(client, rule) for rule in sorted(described, key=_priority)),
    )


def _priority(rule: Mapping[str, Any]) -> float:
    return float("inf") if rule["IsDefault"] else int(rule["Priority"])


def _rule(client: Callable[[str], Any], rule: Mapping[str, Any]) -> Rule:
    actions = {action["Type"]: action for action in rule["Actions"]}
    forward = actions.pop("forward", None)
    oidc = actions.pop("authenticate-oidc", None)
    if not forward or "TargetGroupArn" not in forward or actions:
        raise _cannot("only rules that forward to one target group are known", rule["RuleArn"])
    return Rule(
        conditions={
            condition["Field"]: _patterns(condition, rule["RuleArn"])
            for condition in rule["Conditions"]
        },
        authentication=_authentication(oidc["AuthenticateOidcConfig"]) if oidc else None,
        target=_target(client, forward["TargetGroupArn"]),
    )


def _patterns(condition: Mapping[str, Any], rule: str) -> tuple[re.Pattern[str], ...]:
    name, values = condition["Field"], condition.get("Values")
    if name not in {"path-pattern", "host-header", "http-request-method"} or not values:
        raise _cannot(f"conditions of the kind {name} are not known", rule)
    if name == "host-header":
        values = [value.lower() for value in values]
    return tuple(wildcards(value) for value in values)


def wildcards(pattern: str) -> re.Pattern[str]:
    """`*` and `?` as the ALB reads them; no other character means anything but itself."""
    meaning = {"*": ".*", "?": "."}
    return re.compile("".join(meaning.get(each, re.escape(each)) for each in pattern), re.DOTALL)


def _authentication(config: Mapping[str, Any]) -> Authentication:
    return Authentication(
        issuer=config["Issuer"],
        authorization_endpoint=config["AuthorizationEndpoint"],
        token_endpoint=config["TokenEndpoint"],
        user_info_endpoint=config["UserInfoEndpoint"],
        client_id=config["ClientId"],
        client_secret=config["ClientSecret"],
        scope=config["Scope"],
        cookie_name=config["SessionCookieName"],
        session_seconds=int(config["SessionTimeout"]),
        on_unauthenticated=config["OnUnauthenticatedRequest"],
        extra_parameters=config.get("AuthenticationRequestExtraParams", {}),
    )


def _target(client: Callable[[str], Any], group: str) -> Target:
    elb = client("elbv2")
    targets = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    functions = [target["Target"]["Id"] for target in targets]
    if len(functions) != 1 or ":function:" not in functions[0]:
        raise _cannot("a target group has other targets than one function", group)
    if not _may_invoke(client("lambda"), functions[0], group):
        raise PlatformError(
            "The load balancer may not invoke its function.",
            where=functions[0],
            remedy=f"Allow {CLIENT} lambda:InvokeFunction with the SourceArn {group}.",
        )
    attributes = _attributes(elb.describe_target_group_attributes(TargetGroupArn=group))
    return Target(
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


def _attributes(described: Mapping[str, Any]) -> dict[str, str]:
    return {attribute["Key"]: attribute["Value"] for attribute in described["Attributes"]}


def _cannot(reason: str, where: str) -> PlatformError:
    return PlatformError(
        f"The local load balancer cannot do what is deployed: {reason}.",
        where=where,
        remedy="Change the Sso stack, or teach local/alb what the real load balancer does there.",
    )
