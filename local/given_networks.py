"""Networks that a configuration takes for existing, as resources of the stand-in.

The load balancer and several environments can name one VPC: each thing is made once, by its id in
the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, ip_network
from typing import Any

from config.environment_network import EnvironmentNetwork, Subnet, environment_network
from config.existing import Existing
from config.model import Configuration
from local.layout import REGION

Resources = dict[str, dict[str, Any]]
LONGEST_PREFIX = 28
ANYWHERE = "0.0.0.0/0"


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """A resource of a template."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def logical_id(given: str) -> str:
    """The logical id of what the file names by an id."""
    return f"Given{re.sub('[^0-9A-Za-z]', '', given)}"


def local_zone(given: str) -> str:
    """The zone here in the place of one of the file's, which may be of another Region."""
    return f"{REGION}{given[-1]}"


def given_networks(configuration: Configuration) -> Resources:
    """VPCs, subnets, route tables, security groups and endpoints that the file says exist."""
    networks = [
        network
        for each in configuration.new_environments
        if (network := environment_network(configuration, each)).vpc_id
    ]
    resources = Resources()
    for network in networks:
        resources |= _network(network)
    for network in networks:
        if not network.endpoints_owner:
            resources |= _interface_endpoints(network)
    return resources | _alb(configuration, networks)


def existing_network(facts: Existing) -> Resources:
    """The network that facts about an existing environment name, with subnets for it."""
    vpc = _ref(facts.vpc_id)
    # At the end of the range: those of a load balancer in the same VPC begin it.
    *_, one, other = ip_network(facts.vpc_cidr).subnets(new_prefix=LONGEST_PREFIX)
    return {
        **_vpc(facts.vpc_id, facts.vpc_cidr),
        **{
            id_: resource(
                "EC2::Subnet",
                VpcId=vpc,
                CidrBlock=str(cidr),
                AvailabilityZone={"Fn::Select": [number, {"Fn::GetAZs": ""}]},
            )
            for number, (id_, cidr) in enumerate(zip(subnets_of(facts), (one, other), strict=True))
        },
        **{
            logical_id(each): resource("EC2::RouteTable", VpcId=vpc)
            for each in facts.route_table_ids or ()
        },
        group_of(facts): resource("EC2::SecurityGroup", GroupDescription="Existing", VpcId=vpc),
    }


def subnets_of(facts: Existing) -> tuple[str, str]:
    """The logical ids of the subnets of an existing environment."""
    vpc = logical_id(facts.vpc_id)
    return f"{vpc}Subnet0", f"{vpc}Subnet1"


def group_of(facts: Existing) -> str:
    """The logical id of its security group."""
    return logical_id(facts.security_group_id or f"group-of-{facts.vpc_id}")


def _network(network: EnvironmentNetwork) -> Resources:
    resources = _vpc(str(network.vpc_id), network.cidr)
    vpc = _ref(str(network.vpc_id))
    for subnet in network.subnets:
        table = _table_id(subnet)
        resources |= {
            logical_id(subnet.subnet_id): resource(
                "EC2::Subnet",
                VpcId=vpc,
                CidrBlock=subnet.cidr,
                AvailabilityZone=local_zone(subnet.availability_zone),
            ),
            logical_id(table): resource("EC2::RouteTable", VpcId=vpc),
            f"{logical_id(subnet.subnet_id)}Table": resource(
                "EC2::SubnetRouteTableAssociation",
                SubnetId=_ref(subnet.subnet_id),
                RouteTableId=_ref(table),
            ),
            **_way_out(network, subnet, table),
        }
    return resources | {
        logical_id(each): resource("EC2::SecurityGroup", GroupDescription="Existing", VpcId=vpc)
        for each in network.security_group_ids
    }


def _table_id(subnet: Subnet) -> str:
    return subnet.route_table_id or f"rtb-of-{subnet.subnet_id}"


def _way_out(network: EnvironmentNetwork, subnet: Subnet, table: str) -> Resources:
    """A NAT gateway; or the gateway endpoint of S3, once for a route table."""
    if not network.has_internet_access:
        return {
            f"{logical_id(table)}S3": resource(
                "EC2::VPCEndpoint",
                VpcId=_ref(str(network.vpc_id)),
                ServiceName=f"com.amazonaws.{REGION}.s3",
                VpcEndpointType="Gateway",
                RouteTableIds=[_ref(table)],
            )
        }
    gateway = f"{logical_id(table)}Gateway"
    return {
        gateway: resource(
            "EC2::NatGateway", SubnetId=_ref(subnet.subnet_id), ConnectivityType="private"
        ),
        f"{logical_id(table)}Default": resource(
            "EC2::Route",
            RouteTableId=_ref(table),
            DestinationCidrBlock=ANYWHERE,
            NatGatewayId={"Ref": gateway},
        ),
    }


def _interface_endpoints(network: EnvironmentNetwork) -> Resources:
    """Those that the environment needs, with a security group that lets its VPC in."""
    if not network.needed_services:
        return {}
    vpc_id = str(network.vpc_id)
    group = f"{logical_id(vpc_id)}Endpoints"
    return {
        group: resource(
            "EC2::SecurityGroup",
            GroupDescription="Existing endpoints",
            VpcId=_ref(vpc_id),
            SecurityGroupIngress=[
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": network.cidr}
            ],
        ),
        **{
            f"{logical_id(vpc_id)}{logical_id(service)}": resource(
                "EC2::VPCEndpoint",
                VpcId=_ref(vpc_id),
                ServiceName=f"com.amazonaws.{REGION}.{service}",
                VpcEndpointType="Interface",
                PrivateDnsEnabled=True,
                SubnetIds=[_ref(each.subnet_id) for each in network.subnets],
                SecurityGroupIds=[{"Fn::GetAtt": [group, "GroupId"]}],
            )
            for service in network.needed_services
        },
    }


def _alb(configuration: Configuration, networks: Iterable[EnvironmentNetwork]) -> Resources:
    named = configuration.alb.named_vpc
    if not named:
        return {}
    taken = {
        each.subnet_id: each.cidr
        for network in networks
        if network.vpc_id == named.vpc_id
        for each in network.subnets
    }
    own = [each for each in named.subnet_ids if each not in taken]
    vpc = _ref(named.vpc_id)
    free = _free_ranges(named.cidr, taken.values(), count=len(own))
    return {
        **_vpc(named.vpc_id, named.cidr),
        **{
            logical_id(id_): resource(
                "EC2::Subnet",
                VpcId=vpc,
                CidrBlock=cidr,
                AvailabilityZone={"Fn::Select": [number % 3, {"Fn::GetAZs": ""}]},
            )
            for number, (id_, cidr) in enumerate(zip(own, free, strict=False))
        },
        **{
            logical_id(each): resource("EC2::RouteTable", VpcId=vpc)
            for each in named.route_table_ids
        },
    }


def _free_ranges(cidr: str, taken: Iterable[str], *, count: int) -> Iterator[str]:
    """Ranges of a VPC for subnets whose ranges the file does not say."""
    vpc, others = ip_network(cidr), [IPv4Network(each) for each in taken]
    # Room for as many subnets beside those that are taken.
    prefix = min(LONGEST_PREFIX, vpc.prefixlen + (count + len(others) + 1).bit_length())
    for each in vpc.subnets(new_prefix=max(prefix, vpc.prefixlen)):
        if not any(each.overlaps(other) for other in others):
            yield str(each)


def _vpc(vpc_id: str, cidr: str) -> Resources:
    return {logical_id(vpc_id): resource("EC2::VPC", CidrBlock=cidr)}


def _ref(given: str) -> dict[str, str]:
    return {"Ref": logical_id(given)}
