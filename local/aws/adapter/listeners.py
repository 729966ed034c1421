"""Parts of load balancers that MiniStack 1.5.33 drops on creation or description.

- AuthenticateOidcConfig of listeners and rules. The local load balancer reads it, so the responses
  contain the client secret, which AWS never returns. As on AWS it is resolved when the listener is
  created: a rotated secret takes effect with the next deployment.
- The targets in a template's target group. Targets that were registered later are kept.
- Conditions on the query string.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import alb
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import CreatedResource, Properties

Action = dict[str, Any]

CONFIG = "AuthenticateOidcConfig"


def install() -> None:
    """Makes MiniStack keep and return them."""
    provisioners._elbv2_listener_actions = _with_oidc_config(provisioners._elbv2_listener_actions)
    alb._action_xml = _with_client_secret(alb._action_xml)
    alb._condition_xml = _with_query(alb._condition_xml)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ElasticLoadBalancingV2::TargetGroup"]
    handlers["create"] = _created_with_targets(handlers["create"])
    handlers["update"] = _updated_with_targets(handlers["update"])


def _with_oidc_config(convert: Callable[..., list[Action]]) -> Callable[..., list[Action]]:
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


def _created_with_targets(handle: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def create(logical_id: str, properties: Properties, stack: str) -> CreatedResource:
        return _register_targets(handle(logical_id, properties, stack), {}, properties)

    return create


def _updated_with_targets(handle: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def update(arn: str, old: Properties, new: Properties, *stack: Any) -> CreatedResource:
        return _register_targets(handle(arn, old, new, *stack), old, new)

    return update


def _register_targets(group: CreatedResource, old: Properties, new: Properties) -> CreatedResource:
    arn, targets = group[0], [dict(each) for each in new.get("Targets", ())]
    replaced = {each["Id"] for each in (*old.get("Targets", ()), *targets)}
    others = [each for each in alb._targets.get(arn, ()) if each["Id"] not in replaced]
    alb._targets[arn] = [*others, *targets]
    return group
