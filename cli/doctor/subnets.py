"""What is wrong with the subnets of an environment in an existing VPC."""

from __future__ import annotations

from collections.abc import Iterator

from cli.doctor.codes import Code, Fault
from cli.doctor.vpcs import Vpc
from config.environment_network import EnvironmentNetwork, Subnet
from config.new_environment import NewEnvironment
from mwaa.network import SUBNETS, own_endpoints

ANYWHERE = "0.0.0.0/0"
INTERNET_GATEWAY = "igw-"


def faults_of_subnet(
    vpc: Vpc, environment: NewEnvironment, network: EnvironmentNetwork, subnet: Subnet
) -> Iterator[Fault]:
    """What the file says otherwise, and what MWAA needs and does not find there."""
    id_ = subnet.subnet_id
    found = vpc.subnets.get(id_)
    if not found:
        yield Fault(Code.SUBNET_MISSING, f"There is no {id_} here.", "Correct Vpc.Subnets.")
        return
    for what, actual, said in (
        ("VPC", found["VpcId"], network.vpc_id),
        ("range", found["CidrBlock"], subnet.cidr),
        ("Availability Zone", found["AvailabilityZone"], subnet.availability_zone),
    ):
        if actual != said:
            yield Fault(
                Code.SUBNET_DIFFERS,
                f"The {what} of {id_} is {actual}, not {said}.",
                "Correct Vpc.Subnets.",
            )
    if found["VpcId"] != network.vpc_id:
        return
    free = found["AvailableIpAddressCount"]
    needed = _to_begin(environment, network)
    if free < needed:
        yield Fault(
            Code.SUBNET_FULL,
            f"{id_} has {free} free addresses, and the environment takes {needed} there when it "
            "begins.",
            "Free some, or name a larger subnet for a new environment.",
        )
    yield from _of_routes(vpc, network, subnet)


def _of_routes(vpc: Vpc, network: EnvironmentNetwork, subnet: Subnet) -> Iterator[Fault]:
    id_, table = subnet.subnet_id, vpc.table_of(subnet.subnet_id)
    table_id = table["RouteTableId"] if table else "none"
    if subnet.route_table_id and subnet.route_table_id != table_id:
        yield Fault(
            Code.SUBNET_DIFFERS,
            f"The route table of {id_} is {table_id}, not {subnet.route_table_id}.",
            "Correct RouteTableId in Vpc.Subnets.",
        )
    routes = table["Routes"] if table else []
    if any(each.get("GatewayId", "").startswith(INTERNET_GATEWAY) for each in routes):
        yield Fault(
            Code.SUBNET_PUBLIC,
            f"{id_} is public: it has a route to an internet gateway, and MWAA takes private "
            "subnets.",
            "Name a private subnet in Vpc.Subnets.",
        )
    has_way_out = any(each.get("DestinationCidrBlock") == ANYWHERE for each in routes)
    if network.has_internet_access and not has_way_out:
        yield Fault(
            Code.SUBNET_WITHOUT_INTERNET,
            f"{id_} has no route to {ANYWHERE}, and Vpc.InternetAccess says that it has.",
            "Have the route added; or take InternetAccess false, and see to the endpoints.",
        )
    if not network.has_internet_access and not _has_s3(vpc, table_id):
        yield Fault(
            Code.SUBNET_WITHOUT_S3,
            f"{id_} has no gateway endpoint of S3 in its route table ({table_id}), and no route to "
            "the internet.",
            "Have it added to that route table.",
        )


def _has_s3(vpc: Vpc, table: str) -> bool:
    return any(
        each["VpcEndpointType"] == "Gateway"
        and each["ServiceName"].endswith(".s3")
        and table in each.get("RouteTableIds", ())
        for each in vpc.endpoints
    )


def _to_begin(environment: NewEnvironment, network: EnvironmentNetwork) -> int:
    """Addresses of a subnet that the fewest containers, and MWAA's endpoints, take."""
    containers = environment.schedulers + environment.min_workers
    return -(-containers // SUBNETS) + own_endpoints(is_private=network.is_private)
