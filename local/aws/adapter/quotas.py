"""Quotas, which MiniStack 1.5.33 does not have: those that a test sets.

The codes and texts of errors are in

- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
- https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html

MWAA documents neither: its text is the stand-in's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import alb, ec2, mwaa
from ministack.services.cloudformation import provisioners

from local.aws.adapter import trouble
from local.aws.adapter.handlers import CreatedResource, Properties

Create = Callable[[str, Properties, str], CreatedResource]


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A quota by its name in `mwaa/quotas.py`.

    `need` is how many there would be with a resource of these properties. `service`, `code` and
    `text` are of the error.
    """

    name: str
    need: Callable[[Properties], int]
    service: str
    code: str
    text: str


def _one_more_of(records: Mapping[str, Any]) -> Callable[[Properties], int]:
    return lambda _properties: len(records) + 1


def _peerings(properties: Properties) -> int:
    vpcs = {properties["VpcId"], properties["PeerVpcId"]}
    active = [each for each in ec2._vpc_peering.values() if each["Status"]["Code"] == "active"]
    return 1 + max(
        sum(
            vpc in (each["RequesterVpcInfo"]["VpcId"], each["AccepterVpcInfo"]["VpcId"])
            for each in active
        )
        for vpc in vpcs
    )


def _rules_of_group(direction: str) -> Callable[[Properties], int]:
    def need(properties: Properties) -> int:
        group = ec2._security_groups.get(properties.get("GroupId", ""), {})
        return 1 + sum(map(_sources, group.get(direction, ())))

    return need


def _sources(permission: Mapping[str, Any]) -> int:
    """The number of rules that EC2 merges into one permission."""
    sources = ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds")
    return sum(len(permission.get(each, ())) for each in sources)


def _inline_rules(properties: Properties) -> int:
    directions = ("SecurityGroupIngress", "SecurityGroupEgress")
    return max(len(properties.get(each, ())) for each in directions)


def _load_balancer(listener: str) -> str:
    return str(alb._listeners[listener]["LoadBalancerArn"])


def _rules(load_balancer: str) -> Iterator[Mapping[str, Any]]:
    for rule in alb._rules.values():
        if _load_balancer(rule["ListenerArn"]) == load_balancer:
            yield rule


def _listener_rules(properties: Properties) -> int:
    rules = _rules(_load_balancer(properties["ListenerArn"]))
    return 1 + sum(not each["IsDefault"] for each in rules)


def _target_groups(properties: Properties) -> int:
    rules = _rules(_load_balancer(properties["ListenerArn"]))
    return len(set().union(_groups(properties), *map(_groups, rules)))


def _groups(rule: Mapping[str, Any]) -> set[str]:
    return {each["TargetGroupArn"] for each in rule["Actions"] if "TargetGroupArn" in each}


EC2, LOAD_BALANCING = "AmazonEC2", "AmazonElasticLoadBalancingV2"
_RULES_EXCEEDED: Mapping[str, str] = {
    "name": "RULES_OF_A_SECURITY_GROUP",
    "service": EC2,
    "code": "RulesPerSecurityGroupLimitExceeded",
    "text": "The maximum number of rules per security group has been reached.",
}
QUOTAS: Mapping[str, tuple[Quota, ...]] = {
    "AWS::MWAA::Environment": (
        Quota(
            name="ENVIRONMENTS",
            need=_one_more_of(mwaa._environments),
            service="Mwaa",
            code="ValidationException",
            text="The maximum number of environments has been reached.",
        ),
    ),
    "AWS::EC2::VPC": (
        Quota(
            name="VPCS",
            need=_one_more_of(ec2._vpcs),
            service=EC2,
            code="VpcLimitExceeded",
            text="The maximum number of VPCs has been reached.",
        ),
    ),
    "AWS::EC2::EIP": (
        Quota(
            name="ELASTIC_ADDRESSES",
            need=_one_more_of(ec2._addresses),
            service=EC2,
            code="AddressLimitExceeded",
            text="The maximum number of addresses has been reached.",
        ),
    ),
    "AWS::EC2::VPCPeeringConnection": (
        Quota(
            name="PEERINGS",
            need=_peerings,
            service=EC2,
            code="ActiveVpcPeeringConnectionPerVpcLimitExceeded",
            text="The maximum number of active VPC peering connections has been reached.",
        ),
    ),
    "AWS::EC2::SecurityGroup": (Quota(need=_inline_rules, **_RULES_EXCEEDED),),
    "AWS::EC2::SecurityGroupIngress": (
        Quota(need=_rules_of_group("IpPermissions"), **_RULES_EXCEEDED),
    ),
    "AWS::EC2::SecurityGroupEgress": (
        Quota(need=_rules_of_group("IpPermissionsEgress"), **_RULES_EXCEEDED),
    ),
    "AWS::ElasticLoadBalancingV2::ListenerRule": (
        Quota(
            name="LISTENER_RULES",
            need=_listener_rules,
            service=LOAD_BALANCING,
            code="TooManyRules",
            text="You've reached the limit on the number of rules per load balancer",
        ),
        Quota(
            name="MOST_TARGET_GROUPS",
            need=_target_groups,
            service=LOAD_BALANCING,
            code="TooManyUniqueTargetGroupsPerLoadBalancer",
            text="You've reached the limit on the number of unique target groups per load balancer",
        ),
    ),
}


def install() -> None:
    """Makes CloudFormation's creations keep to the quotas that are set."""
    for name, quotas in QUOTAS.items():
        handlers = provisioners._RESOURCE_HANDLERS[name]
        handlers["create"] = _within(quotas, handlers["create"])


def _within(quotas: tuple[Quota, ...], create: Create) -> Create:
    def create_within(logical_id: str, properties: Properties, stack: str) -> CreatedResource:
        limits = trouble.current().quotas
        for quota in quotas:
            if quota.name in limits and quota.need(properties) > limits[quota.name]:
                raise ValueError(
                    f"{quota.text} (Service: {quota.service}; Status Code: 400; "
                    f"Error Code: {quota.code})"
                )
        return create(logical_id, properties, stack)

    return create_within
