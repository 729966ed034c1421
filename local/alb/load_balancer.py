"""The deployed load balancer: its rules, as AWS's API describes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3

from local.alb.conditions import Condition, RequestFields, read_condition
from local.alb.target_groups import TargetGroup, read_target_group, unsupported

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
    """A listener rule: authentication and target of the requests that meet all conditions."""

    conditions: tuple[Condition, ...]
    authentication: AuthenticateOidcConfig | None
    target: TargetGroup

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
    forward = actions.pop("forward", None)
    oidc = actions.pop("authenticate-oidc", None)
    if not forward or "TargetGroupArn" not in forward or actions:
        raise unsupported("only rules that forward to one target group are known", rule["RuleArn"])
    conditions = []
    for described in rule["Conditions"]:
        condition = read_condition(described)
        if not condition:
            raise unsupported(f"conditions on {described['Field']} are not known", rule["RuleArn"])
        conditions.append(condition)
    return Rule(
        conditions=tuple(conditions),
        authentication=_authentication(oidc["AuthenticateOidcConfig"]) if oidc else None,
        target=target(forward["TargetGroupArn"]),
    )


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
