"""Networks that AWS refuses for an environment, and endpoints that a VPC has once."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

import pytest

from local.layout import REGION
from tests.unit.local.aws.networks import ZONES, Network, made_network
from tests.unit.local.aws.stand_in import DeployFailedError, StandIn

BUCKET = "files-of-networks"
SERVICE = f"com.amazonaws.{REGION}.sqs"


@pytest.fixture(scope="module")
def network(stand_in: StandIn) -> Network:
    return made_network(stand_in)


@pytest.fixture(scope="module")
def elsewhere(stand_in: StandIn) -> Network:
    return made_network(stand_in)


def environment(subnets: tuple[str, ...], groups: tuple[str, ...]) -> dict[str, Any]:
    properties = {
        "Name": f"env-{uuid.uuid4().hex[:12]}",
        "SourceBucketArn": f"arn:aws:s3:::{BUCKET}",
        "WebserverAccessMode": "PUBLIC_ONLY",
        "NetworkConfiguration": {"SubnetIds": [*subnets], "SecurityGroupIds": [*groups]},
    }
    return {"Environment": {"Type": "AWS::MWAA::Environment", "Properties": properties}}


def endpoint(network: Network, **properties: Any) -> dict[str, Any]:
    given = {
        "VpcId": network.vpc,
        "ServiceName": SERVICE,
        "VpcEndpointType": "Interface",
        "PrivateDnsEnabled": True,
        "SubnetIds": [*network.subnets[:2]],
        **properties,
    }
    return {"Endpoint": {"Type": "AWS::EC2::VPCEndpoint", "Properties": given}}


class Wrong(NamedTuple):
    """Subnets and groups by their places: those of another VPC after those of the first."""

    subnets: tuple[int, ...]
    groups: tuple[int, ...]
    reason: str


OTHER = len(ZONES)
WRONG = [
    Wrong((0, 1, 2), (0,), "exactly 2 subnets"),
    Wrong((0,), (0,), "exactly 2 subnets"),
    Wrong((0, 0), (0,), "exactly 2 subnets"),
    Wrong((0, 3), (0,), "one Availability Zone"),
    Wrong((0, OTHER + 1), (0,), "not of one VPC"),
    Wrong((0, 1), (2,), "not of one VPC"),
    Wrong((0, 1), (0,) * 6, "1 to 5 security groups, not 6"),
    Wrong((0, 1), (), "1 to 5 security groups, not 0"),
]


@pytest.mark.parametrize("wrong", WRONG)
def test_an_environment_in_a_wrong_network_is_refused(
    stand_in: StandIn, network: Network, elsewhere: Network, wrong: Wrong
) -> None:
    subnets, groups = network.subnets + elsewhere.subnets, network.groups + elsewhere.groups
    resources = environment(
        tuple(subnets[each] for each in wrong.subnets),
        tuple(groups[each] for each in wrong.groups),
    )

    with pytest.raises(DeployFailedError, match=wrong.reason):
        stand_in.deploy(resources)


def test_what_is_not_there_is_refused(stand_in: StandIn, network: Network) -> None:
    resources = environment((network.subnets[0], "subnet-0"), network.groups)

    with pytest.raises(DeployFailedError, match="'subnet-0' does not exist"):
        stand_in.deploy(resources)


def test_a_public_subnet_is_refused_by_its_own_route_table_or_the_vpcs(stand_in: StandIn) -> None:
    ec2, made = stand_in.session.client("ec2"), made_network(stand_in)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=made.vpc)
    resources = environment(made.subnets[:2], made.groups)
    stand_in.session.client("s3").create_bucket(Bucket=BUCKET)
    stack, _ = stand_in.deploy(resources)
    stand_in.destroy(stack)

    own = ec2.create_route_table(VpcId=made.vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=own, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    association = ec2.associate_route_table(RouteTableId=own, SubnetId=made.subnets[1])
    with pytest.raises(DeployFailedError, match=f"{made.subnets[1]} is public"):
        stand_in.deploy(resources)

    ec2.disassociate_route_table(AssociationId=association["AssociationId"])
    of_vpc: Any = {"Name": "vpc-id", "Values": [made.vpc]}
    main_one: Any = {"Name": "association.main", "Values": ["true"]}
    [main] = ec2.describe_route_tables(Filters=[of_vpc, main_one])["RouteTables"]
    ec2.create_route(
        RouteTableId=main["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway
    )
    with pytest.raises(DeployFailedError, match="is public"):
        stand_in.deploy(resources)


def test_a_service_has_one_endpoint_with_private_dns(
    stand_in: StandIn, network: Network, elsewhere: Network
) -> None:
    stack, _ = stand_in.deploy(endpoint(network))

    with pytest.raises(DeployFailedError, match=r"conflicting DNS domain for .*sqs"):
        stand_in.deploy(endpoint(network))

    stand_in.deploy(endpoint(elsewhere))
    stand_in.deploy(endpoint(network, PrivateDnsEnabled=False))
    stand_in.deploy(endpoint(network, Tags=[{"Key": "team", "Value": "a"}]), stack=stack)
    stand_in.destroy(stack)
    stand_in.deploy(endpoint(network))


def test_an_endpoint_has_one_subnet_of_a_zone(stand_in: StandIn, network: Network) -> None:
    same_zone = [network.subnets[0], network.subnets[-1]]

    with pytest.raises(DeployFailedError, match="another VPC endpoint subnet in the avail"):
        stand_in.deploy(endpoint(network, SubnetIds=same_zone, PrivateDnsEnabled=False))


def test_a_route_table_has_one_gateway_endpoint_of_a_service(stand_in: StandIn) -> None:
    made = made_network(stand_in)
    table = stand_in.session.client("ec2").create_route_table(VpcId=made.vpc)["RouteTable"]
    gateway = {
        "ServiceName": f"com.amazonaws.{REGION}.s3",
        "VpcEndpointType": "Gateway",
        "RouteTableIds": [table["RouteTableId"]],
    }
    resources = endpoint(made, **gateway)
    for key in ("PrivateDnsEnabled", "SubnetIds"):
        del resources["Endpoint"]["Properties"][key]
    stand_in.deploy(resources)

    with pytest.raises(DeployFailedError, match=r"already has a route"):
        stand_in.deploy(resources)
