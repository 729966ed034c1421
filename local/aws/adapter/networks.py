"""What MWAA and EC2 refuse of a network; MiniStack 1.5.33 takes anything.

- An environment has two private subnets of one VPC, in two Availability Zones, and at most five
  security groups of it.
- With private DNS a VPC has one interface endpoint of a service, with one subnet of a zone.
- A route table has one gateway endpoint of a service.

https://docs.aws.amazon.com/mwaa/latest/userguide/networking-about.html
https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
MWAA documents what it demands, not how it says so: those texts are the stand-in's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import CreatedResource, Properties

ENDPOINT = "AWS::EC2::VPCEndpoint"
INTERFACE = "Interface"
SUBNETS, SECURITY_GROUPS = 2, 5
CONFLICT = (
    "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
    "{service} in the VPC {vpc}"
)


def install() -> None:
    """Lets CloudFormation make no endpoint that EC2 refuses."""
    handlers = provisioners._RESOURCE_HANDLERS[ENDPOINT]
    handlers["create"] = _checked_creation(handlers["create"])
    handlers["update"] = _checked_update(handlers["update"])


def check_environment(network: Mapping[str, Sequence[str]]) -> None:
    """Raises ValueError for a NetworkConfiguration that MWAA refuses."""
    for problem in _problems(network):
        raise ValueError(problem)


def is_public(subnet: str) -> bool:
    """Whether a subnet has a route to an internet gateway."""
    routes = _route_table(subnet).get("Routes", ())
    return any(str(each.get("GatewayId", "")).startswith("igw-") for each in routes)


def _problems(network: Mapping[str, Sequence[str]]) -> Iterator[str]:
    ids, groups = network.get("SubnetIds", ()), network.get("SecurityGroupIds", ())
    if len(set(ids)) != SUBNETS or len(ids) != SUBNETS:
        yield f"An environment has exactly {SUBNETS} subnets, not {', '.join(ids) or 'none'}"
    if not 1 <= len(groups) <= SECURITY_GROUPS:
        yield f"An environment has 1 to {SECURITY_GROUPS} security groups, not {len(groups)}"
    for each in ids:
        if each not in ec2._subnets:
            yield f"The subnet ID '{each}' does not exist"
    for each in groups:
        if each not in ec2._security_groups:
            yield f"The security group '{each}' does not exist"
    subnets = [ec2._subnets[each] for each in ids]
    if len({each["AvailabilityZone"] for each in subnets}) < SUBNETS:
        yield f"The subnets {', '.join(ids)} are in one Availability Zone"
    vpcs = {each["VpcId"] for each in subnets}
    if len(vpcs | {ec2._security_groups[each]["VpcId"] for each in groups}) > 1:
        yield "The subnets and security groups are not of one VPC"
    for each in filter(is_public, ids):
        yield f"The subnet {each} is public: it has a route to an internet gateway"


def _route_table(subnet: str) -> dict[str, Any]:
    """The route table of a subnet: its own, or the main one of its VPC."""
    vpc = ec2._subnets[subnet]["VpcId"]
    tables = [each for each in ec2._route_tables.values() if each["VpcId"] == vpc]
    associations = [(association, each) for each in tables for association in each["Associations"]]
    own = [each for association, each in associations if association.get("SubnetId") == subnet]
    main = [each for association, each in associations if association.get("Main")]
    return next(iter([*own, *main]), {})


def _checked_creation(create: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def create_checked(logical_id: str, properties: Properties, stack: str) -> CreatedResource:
        _check_endpoint(properties, other_than=None)
        return create(logical_id, properties, stack)

    return create_checked


def _checked_update(update: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def update_checked(
        identifier: str, old: Properties, new: Properties, stack: str
    ) -> CreatedResource:
        _check_endpoint(new, other_than=identifier)
        return update(identifier, old, new, stack)

    return update_checked


def _check_endpoint(properties: Properties, *, other_than: str | None) -> None:
    vpc, service = properties.get("VpcId"), properties.get("ServiceName")
    others = [
        each
        for identifier, each in ec2._vpc_endpoints.items()
        if identifier != other_than and (each["VpcId"], each["ServiceName"]) == (vpc, service)
    ]
    tables = set(properties.get("RouteTableIds", ()))
    for each in others:
        if shared := tables & set(each.get("RouteTableIds", ())):
            raise ValueError(f"route table {', '.join(sorted(shared))} already has a route to it")
    if properties.get("VpcEndpointType") != INTERFACE:
        return
    with_dns = [each for each in others if each.get("PrivateDnsEnabled")]
    if properties.get("PrivateDnsEnabled") and with_dns:
        raise ValueError(CONFLICT.format(service=service, vpc=vpc))
    zones = [ec2._subnets[each]["AvailabilityZone"] for each in properties.get("SubnetIds", ())]
    if len(set(zones)) < len(zones):
        raise ValueError(f"Found another VPC endpoint subnet in the availability zone {zones[0]}")
