"""What MiniStack 1.5.33 drops of a load balancer that a template makes.

- AuthenticateOidcConfig of listeners and rules. The load balancer beside the stand-in reads it
  back, so the client secret, which AWS never returns, is in the answer. As on AWS it was resolved
  when the listener was made, so that a rotation shows only after the next deployment.
- The targets of a target group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import alb
from ministack.services.cloudformation import provisioners

Action = dict[str, Any]
Properties = Mapping[str, Any]
Made = tuple[str, dict[str, str]]

CONFIG = "AuthenticateOidcConfig"


def install() -> None:
    """Keep all of it and return it."""
    provisioners._elbv2_listener_actions = _keeping(provisioners._elbv2_listener_actions)
    alb._action_xml = _with_client_secret(alb._action_xml)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ElasticLoadBalancingV2::TargetGroup"]
    handlers["create"] = _created_with_targets(handlers["create"])
    handlers["update"] = _updated_with_targets(handlers["update"])


def _keeping(convert: Callable[..., list[Action]]) -> Callable[..., list[Action]]:
    def listener_actions(
        properties: Properties, load_balancer: str | None, prop: str = "DefaultActions"
    ) -> list[Action]:
        actions = convert(properties, load_balancer, prop)
        for action, declared in zip(actions, properties.get(prop) or [], strict=True):
            if CONFIG in declared:
                action[CONFIG] = dict(declared[CONFIG])
        return actions

    return listener_actions


def _with_client_secret(render: Callable[[Action], str]) -> Callable[[Action], str]:
    def action_xml(action: Action) -> str:
        secret = action.get(CONFIG, {}).get("ClientSecret")
        xml = render(action)
        if secret is None:
            return xml
        return xml.replace(
            f"</{CONFIG}>", f"<ClientSecret>{escape(secret)}</ClientSecret></{CONFIG}>"
        )

    return action_xml


def _created_with_targets(make: Callable[..., Made]) -> Callable[..., Made]:
    def create(logical_id: str, properties: Properties, stack: str) -> Made:
        return _register(make(logical_id, properties, stack), properties)

    return create


def _updated_with_targets(make: Callable[..., Made]) -> Callable[..., Made]:
    def update(arn: str, old: Properties, new: Properties, *where: Any) -> Made:
        return _register(make(arn, old, new, *where), new)

    return update


def _register(made: Made, properties: Properties) -> Made:
    alb._targets[made[0]] = [dict(target) for target in properties.get("Targets", ())]
    return made
