"""Listeners and rules that sign people in with a client, and their client secret.

CloudFormation reads the secret again only when it updates a listener or rule whose template has
changed, so that another value alone never arrives. What is changed here is what it would write: the
templates name no version of the secret.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AuthenticateOidcActionConfig.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.deployed import DeployedPlatform
from config.stack_names import Kind, stacks

if TYPE_CHECKING:
    from types_boto3_elbv2 import ElasticLoadBalancingv2Client
    from types_boto3_elbv2.type_defs import ActionOutputTypeDef, RuleTypeDef

BALANCERS = (Kind.SSO, Kind.GATE, Kind.QUICK_START)


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """A rule of a listener that authenticates with the client; the default one is the listener's.

    `stack` is that of the load balancer.
    """

    stack: str
    listener: str
    rule: str
    is_default: bool
    actions: Sequence[ActionOutputTypeDef]

    def give(self, elb: ElasticLoadBalancingv2Client, secret: str) -> None:
        """Has it use a secret; nothing else about it changes. Raises boto3's errors."""
        actions = [_with_secret(each, secret) for each in self.actions]
        if self.is_default:
            elb.modify_listener(ListenerArn=self.listener, DefaultActions=actions)
        else:
            elb.modify_rule(RuleArn=self.rule, Actions=actions)


def sign_ins(platform: DeployedPlatform, client_id: str) -> Iterator[SignIn]:
    """Yields what signs people in with the client, at every load balancer of the platform."""
    elb = platform.session.client("elbv2")
    for stack in stacks(platform.configuration):
        if stack.kind in BALANCERS and platform.has(stack.id):
            balancer = platform.output(stack.id, "LoadBalancerArn")
            for listener, rule in _rules(elb, balancer):
                if client_id in map(_client_id, rule["Actions"]):
                    yield SignIn(
                        stack=stack.id,
                        listener=listener,
                        rule=rule["RuleArn"],
                        is_default=rule["IsDefault"],
                        actions=rule["Actions"],
                    )


def _rules(elb: ElasticLoadBalancingv2Client, balancer: str) -> Iterator[tuple[str, RuleTypeDef]]:
    """Yields every rule of a load balancer, after the ARN of its listener."""
    listeners = elb.get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer)
    for listener in (each["ListenerArn"] for page in listeners for each in page["Listeners"]):
        rules = elb.get_paginator("describe_rules").paginate(ListenerArn=listener)
        yield from ((listener, rule) for page in rules for rule in page["Rules"])


def _client_id(action: ActionOutputTypeDef) -> str | None:
    config = action.get("AuthenticateOidcConfig")
    return config["ClientId"] if config else None


def _with_secret(action: Any, secret: str) -> Any:
    """The action as it was read, in which AWS leaves the former secret out."""
    config = action.get("AuthenticateOidcConfig")
    if config is None:
        return action
    # AWS refuses a secret beside the wish to keep the former one.
    kept = {key: each for key, each in config.items() if key != "UseExistingClientSecret"}
    return {**action, "AuthenticateOidcConfig": {**kept, "ClientSecret": secret}}
