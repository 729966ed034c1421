"""The deployed load balancer: its rules, as AWS's API describes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3

from errors import PlatformError
from local.alb.actions import FixedResponse, Redirect, read_fixed_response, read_redirect
from local.alb.conditions import Condition, RequestFields, read_condition
from local.alb.refusals import Address, refusals
from local.alb.target_groups import TargetGroup, read_target_group, unsupported

RoutingAction = TargetGroup | Redirect | FixedResponse
"""The last action of a rule; a target group is forwarded to."""

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
    """A listener rule: what happens to the requests that meet all conditions."""

    conditions: tuple[Condition, ...]
    authentication: AuthenticateOidcConfig | None
    action: RoutingAction

    def applies_to(self, request: RequestFields) -> bool:
        """Whether a request meets every condition."""
        return all(condition(request) for condition in self.conditions)


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """The HTTPS listener of a load balancer; `rules` are in the order of their priority."""

    arn: str
    port: int
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
    listener = Address(protocol="HTTPS", port=listeners[0]["Port"])
    pages = elb.get_paginator("describe_rules").paginate(ListenerArn=listeners[0]["ListenerArn"])
    described = [rule for page in pages for rule in page["Rules"]]
    _check(described, listener)
    attributes = {
        each["Key"]: each["Value"]
        for each in elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    }

    @cache  # most rules forward to the same group
    def target(group: str) -> TargetGroup:
        return read_target_group(session, group)

    return LoadBalancer(
        arn=arn,
        port=listener.port,
        drops_invalid_headers=attributes.get(DROP_INVALID_HEADERS) == "true",
        rules=tuple(_rule(rule, listener, target) for rule in sorted(described, key=_priority)),
    )


def _priority(rule: Mapping[str, Any]) -> float:
    return float("inf") if rule["IsDefault"] else int(rule["Priority"])


def _check(described: Collection[Mapping[str, Any]], listener: Address) -> None:
    """Raises PlatformError for rules that AWS refuses; the stand-in knows those of a template."""
    priorities = Counter(str(rule["Priority"]) for rule in described)
    several = {priority for priority, count in priorities.items() if count > 1}
    for rule in described:
        if refused := refusals(rule, listener, taken=several):
            raise PlatformError(
                f"AWS refuses what is deployed: {'; '.join(refused)}.",
                place=rule["RuleArn"],
                remedy="Change the rule where the stack makes it.",
            )


def _rule(rule: Mapping[str, Any], listener: Address, target: Callable[[str], TargetGroup]) -> Rule:
    actions = {action["Type"]: action for action in rule["Actions"]}
    oidc = actions.pop("authenticate-oidc", None)
    conditions = []
    for described in rule["Conditions"]:
        condition = read_condition(described)
        if not condition:
            raise unsupported(f"conditions on {described['Field']} are not known", rule["RuleArn"])
        conditions.append(condition)
    return Rule(
        conditions=tuple(conditions),
        authentication=_authentication(oidc["AuthenticateOidcConfig"]) if oidc else None,
        action=_action(actions, rule["RuleArn"], listener, target),
    )


def _action(
    actions: Mapping[str, Any], where: str, listener: Address, target: Callable[[str], TargetGroup]
) -> RoutingAction:
    match actions:
        case {"redirect": action} if len(actions) == 1:
            return read_redirect(action["RedirectConfig"], listener_port=listener.port)
        case {"fixed-response": action} if len(actions) == 1:
            return read_fixed_response(action["FixedResponseConfig"])
        case {"forward": {"TargetGroupArn": group}} if len(actions) == 1:
            return target(group)
    names = " and ".join(sorted(actions))
    raise unsupported(f"{names} is not known, or forwards to several target groups", where)


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
