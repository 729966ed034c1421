"""What MiniStack 1.5.33 drops of a load balancer that a template makes, and when it describes one.

- AuthenticateOidcConfig of listeners and rules. The load balancer beside the stand-in reads it
  back, so the client secret, which AWS never returns, is in the answer. As on AWS it was resolved
  when the listener was made, so that a rotation shows only after the next deployment.
- The targets of a target group that the template names. Others, which were registered since, stay.
- Conditions on the query of a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import alb
from ministack.services.cloudformation import provisioners

Action = dict[str, Any]
Properties = Mapping[str, Any]
CreatedResource = tuple[str, dict[str, str]]

CONFIG = "AuthenticateOidcConfig"


def install() -> None:
    """Keep all of it and return it."""
    provisioners._elbv2_listener_actions = _keeping(provisioners._elbv2_listener_actions)
    alb._action_xml = _with_client_secret(alb._action_xml)
    alb._condition_xml = _with_query(alb._condition_xml)
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


def _with_query(render: Callable[[Action], str]) -> Callable[[Action], str]:
    def condition_xml(condition: Action) -> str:
        if condition["Field"] != "query-string":
            return render(condition)
        pairs = "".join(
            "<member>"
            + "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in pair.items())
            + "</member>"
            for pair in condition["Values"]
        )
        return (
            f"<member><Field>{condition['Field']}</Field><QueryStringConfig>"
            f"<Values>{pairs}</Values></QueryStringConfig></member>"
        )

    return condition_xml


def _created_with_targets(make: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def create(logical_id: str, properties: Properties, stack: str) -> CreatedResource:
        return _register(make(logical_id, properties, stack), {}, properties)

    return create


def _updated_with_targets(make: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def update(arn: str, old: Properties, new: Properties, *where: Any) -> CreatedResource:
        return _register(make(arn, old, new, *where), old, new)

    return update


def _register(made: CreatedResource, old: Properties, new: Properties) -> CreatedResource:
    former = [each["Id"] for each in old.get("Targets", ())]
    named = [dict(each) for each in new.get("Targets", ())]
    replaced = {*former, *(each["Id"] for each in named)}
    others = [each for each in alb._targets.get(made[0], ()) if each["Id"] not in replaced]
    alb._targets[made[0]] = [*others, *named]
    return made
