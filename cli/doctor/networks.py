"""Check that the existing VPCs of environments are as the file says, and have what MWAA needs.

The file is not looked up: what it gets wrong makes the creation of an environment fail after half
an hour, or leaves tasks without the services that they call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.aws_errors import aws_errors_translated
from cli.deployed import DeployedPlatform
from config.environment_network import EnvironmentNetwork, Subnet, environment_network
from config.new_environment import NewEnvironment
from errors import Finding, Level, PlatformError
from mwaa.endpoints import with_endpoint
from mwaa.network import SUBNETS, own_endpoints

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import (
        FilterTypeDef,
        RouteTableTypeDef,
        SubnetTypeDef,
        VpcEndpointTypeDef,
        VpcTypeDef,
    )

ANYWHERE = "0.0.0.0/0"
INTERNET_GATEWAY = "igw-"
AVAILABLE = "available"


@dataclass(frozen=True, kw_only=True)
class _Vpc:
    """A VPC as it is: `endpoints` are available ones, `groups` ids of its security groups."""

    vpc: VpcTypeDef
    subnets: Mapping[str, SubnetTypeDef]
    tables: Sequence[RouteTableTypeDef]
    endpoints: Sequence[VpcEndpointTypeDef]
    groups: frozenset[str]

    def table_of(self, subnet: str) -> RouteTableTypeDef | None:
        """The route table of a subnet: its own, or the main one."""
        of_it, main = (
            [
                table
                for table in self.tables
                if any(each.get(key) == value for each in table.get("Associations", ()))
            ]
            for key, value in (("SubnetId", subnet), ("Main", True))
        )
        return next(iter([*of_it, *main]), None)


def check_networks(platform: DeployedPlatform) -> Iterator[Finding]:
    """Yields what is wrong with the existing VPC of each environment that has one."""
    configuration = platform.configuration
    for environment in configuration.new_environments:
        network = environment_network(configuration, environment)
        if network.made:
            continue
        subject = f"Existing VPC of {environment.name}"
        try:
            with aws_errors_translated(platform.place):
                found = list(_differences(platform, environment, network))
        except PlatformError as error:
            yield Finding.from_error(subject, error)
            continue
        for message, remedy in found:
            yield Finding(subject=subject, message=message, remedy=remedy)
        if not found:
            yield Finding(level=Level.OK, subject=subject)


def _differences(
    platform: DeployedPlatform, environment: NewEnvironment, network: EnvironmentNetwork
) -> Iterator[tuple[str, str]]:
    """Messages and remedies."""
    ec2 = platform.session.client("ec2")
    vpc_id = str(network.vpc_id)
    vpcs = ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["Vpcs"]
    if not vpcs:
        yield (
            f"There is no {vpc_id} here.",
            "Correct Vpc.VpcId, or name the account and Region that it is in (AWS_PROFILE, "
            "AWS_REGION).",
        )
        return
    vpc = _described(ec2, vpcs[0], network)
    ranges = [each["CidrBlock"] for each in vpc.vpc["CidrBlockAssociationSet"]]
    if network.cidr not in ranges:
        yield f"The range of {vpc_id} is {', '.join(ranges)}, not {network.cidr}.", "Correct Vpc."
    for subnet in network.subnets:
        yield from _of_subnet(vpc, environment, network, subnet)
    if missing := sorted({*network.security_group_ids} - vpc.groups):
        yield (
            f"{vpc_id} has no security group {', '.join(missing)}.",
            "Name groups of this VPC in Vpc.SecurityGroupIds.",
        )
    yield from _of_endpoints(vpc, network, platform.session.region_name)


def _described(ec2: EC2Client, vpc: VpcTypeDef, network: EnvironmentNetwork) -> _Vpc:
    in_vpc: list[FilterTypeDef] = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    ids = [each.subnet_id for each in network.subnets]
    subnets = ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": ids}])["Subnets"]
    tables = ec2.get_paginator("describe_route_tables").paginate(Filters=in_vpc)
    endpoints = ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=in_vpc)
    groups = ec2.get_paginator("describe_security_groups").paginate(Filters=in_vpc)
    return _Vpc(
        vpc=vpc,
        subnets={each["SubnetId"]: each for each in subnets},
        tables=[each for page in tables for each in page["RouteTables"]],
        endpoints=[
            each
            for page in endpoints
            for each in page["VpcEndpoints"]
            if each["State"].lower() == AVAILABLE
        ],
        groups=frozenset(each["GroupId"] for page in groups for each in page["SecurityGroups"]),
    )


def _of_subnet(
    vpc: _Vpc, environment: NewEnvironment, network: EnvironmentNetwork, subnet: Subnet
) -> Iterator[tuple[str, str]]:
    id_ = subnet.subnet_id
    found = vpc.subnets.get(id_)
    if not found:
        yield f"There is no {id_} here.", "Correct Vpc.Subnets."
        return
    for what, actual, said in (
        ("VPC", found["VpcId"], network.vpc_id),
        ("range", found["CidrBlock"], subnet.cidr),
        ("Availability Zone", found["AvailabilityZone"], subnet.availability_zone),
    ):
        if actual != said:
            yield f"The {what} of {id_} is {actual}, not {said}.", "Correct Vpc.Subnets."
    if found["VpcId"] != network.vpc_id:
        return
    free = found["AvailableIpAddressCount"]
    needed = _to_begin(environment, network)
    if free < needed:
        yield (
            f"{id_} has {free} free addresses, and the environment takes {needed} there when it "
            "begins.",
            "Free some, or name a larger subnet for a new environment.",
        )
    yield from _of_routes(vpc, network, subnet)


def _of_routes(vpc: _Vpc, network: EnvironmentNetwork, subnet: Subnet) -> Iterator[tuple[str, str]]:
    id_, table = subnet.subnet_id, vpc.table_of(subnet.subnet_id)
    table_id = table["RouteTableId"] if table else "none"
    if subnet.route_table_id and subnet.route_table_id != table_id:
        yield (
            f"The route table of {id_} is {table_id}, not {subnet.route_table_id}.",
            "Correct RouteTableId in Vpc.Subnets.",
        )
    routes = table["Routes"] if table else []
    if any(each.get("GatewayId", "").startswith(INTERNET_GATEWAY) for each in routes):
        yield (
            f"{id_} is public: it has a route to an internet gateway, and MWAA takes private "
            "subnets.",
            "Name a private subnet in Vpc.Subnets.",
        )
    has_way_out = any(each.get("DestinationCidrBlock") == ANYWHERE for each in routes)
    if network.has_internet_access and not has_way_out:
        yield (
            f"{id_} has no route to {ANYWHERE}, and Vpc.InternetAccess says that it has.",
            "Have the route added; or take InternetAccess false, and see to the endpoints.",
        )
    if not network.has_internet_access and not _has_s3(vpc, table_id):
        yield (
            f"{id_} has no gateway endpoint of S3 in its route table ({table_id}), and no route to "
            "the internet.",
            "Have it added to that route table.",
        )


def _has_s3(vpc: _Vpc, table: str) -> bool:
    return any(
        each["VpcEndpointType"] == "Gateway"
        and each["ServiceName"].endswith(".s3")
        and table in each.get("RouteTableIds", ())
        for each in vpc.endpoints
    )


def _of_endpoints(vpc: _Vpc, network: EnvironmentNetwork, region: str) -> Iterator[tuple[str, str]]:
    """Those that the environment needs and no stack of the file makes."""
    if network.endpoints_owner:
        return
    served = {
        each["ServiceName"].partition(f".{region}.")[2]
        for each in vpc.endpoints
        if each["VpcEndpointType"] == "Interface" and each.get("PrivateDnsEnabled")
    }
    needed = with_endpoint(network.needed_services, region)
    missing = [each for each in needed if each not in served]
    if missing:
        yield (
            f"{network.vpc_id} has no interface endpoint with private DNS of "
            f"{', '.join(missing)}, and the subnets have no route to the internet.",
            "Have them made, open to the subnets on port 443; or take Vpc.OwnsInterfaceEndpoints "
            "in one entry of the VPC that has none of them.",
        )


def _to_begin(environment: NewEnvironment, network: EnvironmentNetwork) -> int:
    """Addresses of a subnet that the fewest containers, and MWAA's endpoints, take."""
    containers = environment.schedulers + environment.min_workers
    return -(-containers // SUBNETS) + own_endpoints(is_private=network.is_private)
