"""Names and keys that are taken: AWS refuses a second resource, MiniStack 1.5.33 overwrites it.

CloudFormation creates before it deletes. So an update fails in which a logical id takes over the
route, or the name, of another that goes. Generated names are left alone, because MiniStack's have
no random part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ministack.services import alb, cloudwatch_logs, dynamodb, ec2, iam, lambda_svc
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import CreatedResource, Properties

Taken = Callable[[Properties], bool]

EXISTS = "{logical_id}: a resource of type '{name}' like this already exists."


def _named(property_name: str, names: Callable[[], Iterable[str]]) -> Taken:
    """Whether the name in a property is one of those that exist."""
    return lambda properties: properties.get(property_name) in set(names())


def _names_of(records: Mapping[str, Mapping[str, Any]], key: str) -> Callable[[], list[str]]:
    return lambda: [each[key] for each in records.values()]


def _is_routed(properties: Properties) -> bool:
    table = ec2._route_tables.get(properties.get("RouteTableId", ""), {"Routes": ()})
    name, destination = provisioners._ec2_route_destination(properties)
    return any(each.get(name) == destination for each in table["Routes"])


def _is_listened_on(properties: Properties) -> bool:
    place = (properties.get("LoadBalancerArn"), str(properties.get("Port")))
    return any(
        place == (each["LoadBalancerArn"], str(each["Port"])) for each in alb._listeners.values()
    )


# By type: the function of MiniStack that creates one, also as a replacement, and the check.
TYPES: Mapping[str, tuple[str, Taken]] = {
    "AWS::EC2::Route": ("_ec2_route_create", _is_routed),
    "AWS::ElasticLoadBalancingV2::Listener": ("_elbv2_listener_create", _is_listened_on),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (
        "_elbv2_load_balancer_create",
        _named("Name", _names_of(alb._lbs, "LoadBalancerName")),
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (
        "_elbv2_target_group_create",
        _named("Name", _names_of(alb._tgs, "TargetGroupName")),
    ),
    "AWS::IAM::Role": ("_iam_role_create", _named("RoleName", lambda: iam._roles)),
    "AWS::IAM::ManagedPolicy": (
        "_iam_managed_policy_create",
        _named("ManagedPolicyName", _names_of(iam._policies, "PolicyName")),
    ),
    "AWS::Lambda::Function": (
        "_lambda_create",
        _named("FunctionName", lambda: lambda_svc._functions),
    ),
    "AWS::DynamoDB::Table": ("_ddb_create", _named("TableName", lambda: dynamodb._tables)),
    "AWS::Logs::LogGroup": (
        "_cwlogs_create",
        _named("LogGroupName", lambda: cloudwatch_logs._log_groups),
    ),
}


def install() -> None:
    """Makes CloudFormation refuse what is taken, in new resources and in replacements."""
    for name, (function, taken) in TYPES.items():
        handlers = provisioners._RESOURCE_HANDLERS[name]
        handlers["create"] = _refusing(name, taken, handlers["create"])
        # Handlers of updates call the function itself for a replacement.
        setattr(provisioners, function, _refusing(name, taken, getattr(provisioners, function)))


def _refusing(
    name: str, taken: Taken, create: Callable[..., CreatedResource]
) -> Callable[..., CreatedResource]:
    def refusing_create(logical_id: str, properties: Properties, stack: str) -> CreatedResource:
        if taken(properties):
            raise ValueError(EXISTS.format(logical_id=logical_id, name=name))
        return create(logical_id, properties, stack)

    return refusing_create
