"""What MiniStack 1.5.33 lacks of load balancers.

It drops on creation or description, or spoils:

- AuthenticateOidcConfig of listeners and rules. The local load balancer reads it, so the responses
  contain the client secret, which AWS never returns. As on AWS it is resolved when the listener is
  created or its template changes: another value of the secret alone takes no effect.
- The targets in a template's target group. Targets that were registered later are kept.
- Conditions on the query string.
- Redirects and fixed responses with characters that XML escapes.

It accepts listeners and rules that AWS refuses, such as two rules of one priority, or an HTTPS
listener without a certificate, or a target group of another load balancer, or a change of a sign-in
that gives no client secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import acm, alb
from ministack.services.cloudformation import provisioners

from local.alb.refusals import Address, refusals
from local.aws.adapter.handlers import CreatedResource, Properties

Action = dict[str, Any]

CONFIG = "AuthenticateOidcConfig"
ONE_OF_TWO = "Either a client secret must be specified, or UseExistingClientSecret be true"
SHARED = "The following target groups cannot be associated with more than one load balancer: {arns}"


def install() -> None:
    """Makes MiniStack keep and return the one, and refuse the other."""
    provisioners._elbv2_listener_actions = _with_oidc_config(provisioners._elbv2_listener_actions)
    alb._action_xml = _with_client_secret(_escaping(alb._action_xml))
    alb._condition_xml = _with_query(alb._condition_xml)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ElasticLoadBalancingV2::TargetGroup"]
    handlers["create"] = _created_with_targets(handlers["create"])
    handlers["update"] = _updated_with_targets(handlers["update"])
    _refuse("AWS::ElasticLoadBalancingV2::Listener", _check_listener)
    _refuse("AWS::ElasticLoadBalancingV2::ListenerRule", _check_rule)
    for operation, actions in {"ModifyListener": "DefaultActions", "ModifyRule": "Actions"}.items():
        alb._ACTION_MAP[operation] = _with_checked_secret(alb._ACTION_MAP[operation], actions)


def _refuse(name: str, check: Callable[[str, Properties], None]) -> None:
    """Makes CloudFormation's handlers of a type check the properties first."""
    handlers = provisioners._RESOURCE_HANDLERS[name]
    create, update = handlers["create"], handlers["update"]

    def checked_create(logical_id: str, properties: Properties, *stack: Any) -> CreatedResource:
        check("", properties)
        created: CreatedResource = create(logical_id, properties, *stack)
        return created

    def checked_update(arn: str, old: Properties, new: Properties, *stack: Any) -> CreatedResource:
        check(arn, new)
        updated: CreatedResource = update(arn, old, new, *stack)
        return updated

    handlers["create"], handlers["update"] = checked_create, checked_update


def _check_listener(_arn: str, properties: Properties) -> None:
    if properties["Protocol"] == "HTTPS":
        _check_certificates(properties.get("Certificates") or ())
    actions = properties.get("DefaultActions") or ()
    _raise(refusals({"Actions": actions}, _address(properties)))
    _check_target_groups(actions, properties["LoadBalancerArn"])


def _check_certificates(certificates: Sequence[Properties]) -> None:
    if not certificates:
        raise ValueError("A certificate must be specified for HTTPS listeners")
    for certificate in certificates:
        arn = certificate["CertificateArn"]
        if arn not in acm._certificates:
            raise ValueError(f"Certificate '{arn}' not found")


def _check_rule(arn: str, properties: Properties) -> None:
    listener = properties["ListenerArn"]
    taken = {
        str(rule["Priority"])
        for rule in alb._rules.values()
        if rule["ListenerArn"] == listener and rule["RuleArn"] != arn
    }
    # A listener that does not exist is refused by the handler itself.
    if described := alb._listeners.get(listener):
        _raise(refusals(properties, _address(described), taken=taken))
        _check_target_groups(properties["Actions"], described["LoadBalancerArn"])


def _check_target_groups(actions: Sequence[Properties], load_balancer: str) -> None:
    elsewhere = {
        action.get("TargetGroupArn")
        for rule in alb._rules.values()
        if alb._listeners[rule["ListenerArn"]]["LoadBalancerArn"] != load_balancer
        for action in rule["Actions"]
    }
    shared = {each["TargetGroupArn"] for each in actions if "TargetGroupArn" in each} & elsewhere
    if shared:
        raise ValueError(SHARED.format(arns=", ".join(sorted(shared))))


def _address(listener: Properties) -> Address:
    return Address(protocol=listener["Protocol"], port=int(listener["Port"]))


def _raise(refused: list[str]) -> None:
    if refused:
        raise ValueError(f"AWS refuses this: {'; '.join(refused)}")


def _escaping(render: Callable[[Action], str]) -> Callable[[Action], str]:
    def escaped(name: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: escaped(key, each) for key, each in value.items()}
        # MiniStack escapes the query of redirects alone.
        return escape(value) if isinstance(value, str) and name != "Query" else value

    return lambda action: render(escaped("", action))


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


def _with_checked_secret(handle: Callable[..., Any], actions: str) -> Callable[..., Any]:
    """The handler of a change, which like AWS needs one of a new secret and the former one."""

    def modify(params: Mapping[str, Any]) -> Any:
        for action in alb._parse_actions(params, actions):
            config = action.get(CONFIG)
            if config and ("ClientSecret" in config) == config.get(
                "UseExistingClientSecret", False
            ):
                return alb._error("InvalidLoadBalancerAction", ONE_OF_TWO)
        return handle(params)

    return modify


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
