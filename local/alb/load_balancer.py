"""The deployed load balancer: its rules, as AWS's API describes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3

from local.alb.actions import (
    FixedResponse,
    Redirect,
    read_fixed_response,
    read_redirect,
    refusals,
)
from local.alb.conditions import Condition, RequestFields, read_condition
from local.alb.target_groups import TargetGroup, read_target_group, refused, unsupported

MAX_CONDITION_VALUES = 5
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"""
MAX_CONDITION_LENGTH = 128
"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html"""
DROP_INVALID_HEADERS = "routing.http.drop_invalid_header_fields.enabled"


@dataclass(frozen=True, kw_only=True)
class AuthenticateOidcConfig:
    """The configuration of an `authenticate-oidc` action."""

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
class Rule:
    """A listener rule: authentication and last action of the requests that meet all conditions.

    `target` is a target group to forward to, or a response of the load balancer's own.
    """

    conditions: tuple[Condition, ...]
    authentication: AuthenticateOidcConfig | None
    target: TargetGroup | Redirect | FixedResponse

    def applies_to(self, request: RequestFields) -> bool:
        """Whether a request meets every condition."""
        return all(condition(request) for condition in self.conditions)


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """The HTTPS listener of a load balancer; `rules` are in the order of their priority."""

    arn: str
    drops_invalid_headers: bool
    rules: tuple[Rule, ...]

    def rule_for(self, request: RequestFields) -> Rule:
        """The first rule that applies; the default rule, the last one, always does."""
        return next(rule for rule in self.rules if rule.applies_to(request))


def read_load_balancer(session: boto3.Session, arn: str) -> LoadBalancer:
    """Reads the load balancer `arn` from AWS's API.

    Raises PlatformError for what the local load balancer does not support, or the real one could
    not do.
    """
    elb = session.client("elbv2")
    listeners = [
        listener
        for listener in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
        if listener["Protocol"] == "HTTPS"
    ]
    if len(listeners) != 1:
        raise unsupported(f"{len(listeners)} HTTPS listeners stand where one is expected", arn)
    pages = elb.get_paginator("describe_rules").paginate(ListenerArn=listeners[0]["ListenerArn"])
    described = [rule for page in pages for rule in page["Rules"]]
    attributes = {
        each["Key"]: each["Value"]
        for each in elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    }

    @cache  # most rules forward to the same group
    def target(group: str) -> TargetGroup:
        return read_target_group(session, group)

    return LoadBalancer(
        arn=arn,
        drops_invalid_headers=attributes.get(DROP_INVALID_HEADERS) == "true",
        rules=tuple(_rule(rule, target) for rule in sorted(described, key=_priority)),
    )


def _priority(rule: Mapping[str, Any]) -> float:
    return float("inf") if rule["IsDefault"] else int(rule["Priority"])


def _rule(rule: Mapping[str, Any], target: Callable[[str], TargetGroup]) -> Rule:
    actions = {action["Type"]: action for action in rule["Actions"]}
    for refusal in (*refusals(actions), *_condition_refusals(rule["Conditions"])):
        raise refused(refusal, rule["RuleArn"])
    if unknown := actions.keys() - {"authenticate-oidc", "forward", "redirect", "fixed-response"}:
        raise unsupported(f"actions of the type {min(unknown)} are not known", rule["RuleArn"])
    oidc = actions.get("authenticate-oidc")
    conditions = []
    for described in rule["Conditions"]:
        condition = read_condition(described)
        if not condition:
            raise unsupported(f"conditions on {described['Field']} are not known", rule["RuleArn"])
        conditions.append(condition)
    return Rule(
        conditions=tuple(conditions),
        authentication=_authentication(oidc["AuthenticateOidcConfig"]) if oidc else None,
        target=_last_action(actions, target, rule["RuleArn"]),
    )


def _last_action(
    actions: Mapping[str, Mapping[str, Any]], target: Callable[[str], TargetGroup], place: str
) -> TargetGroup | Redirect | FixedResponse:
    match actions:
        case {"redirect": {"RedirectConfig": config}}:
            return read_redirect(config)
        case {"fixed-response": {"FixedResponseConfig": config}}:
            return read_fixed_response(config)
        case {"forward": {"TargetGroupArn": group}}:
            return target(group)
    raise unsupported("only rules that forward to one target group are known", place)


def _condition_refusals(conditions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What AWS refuses in the conditions of a rule."""
    values = [value for each in conditions for value in _values(each)]
    if len(values) > MAX_CONDITION_VALUES:
        yield f"a rule has {MAX_CONDITION_VALUES} values in its conditions at most"
    if any(len(value) > MAX_CONDITION_LENGTH for value in values):
        yield f"a condition's value has {MAX_CONDITION_LENGTH} characters at most"


def _values(condition: Mapping[str, Any]) -> Iterator[str]:
    config = next((value for key, value in condition.items() if key.endswith("Config")), condition)
    for value in config.get("Values") or condition.get("Values") or ():
        yield value if isinstance(value, str) else str(value["Value"])


def _authentication(config: Mapping[str, Any]) -> AuthenticateOidcConfig:
    return AuthenticateOidcConfig(
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
