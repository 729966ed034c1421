"""Peering connections and routes: what EC2 refuses, or lets fail."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.aws.stand_in import DeployFailedError, StandIn
from tests.unit.local.aws.test_templates import ref


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::EC2::{kind}", "Properties": properties}


def vpcs(*ranges: str) -> dict[str, Any]:
    return {f"Vpc{n}": resource("VPC", CidrBlock=cidr) for n, cidr in enumerate(ranges)}


PEERING = resource("VPCPeeringConnection", VpcId=ref("Vpc0"), PeerVpcId=ref("Vpc1"))


def refused(stand_in: StandIn, resources: dict[str, Any]) -> str:
    with pytest.raises(DeployFailedError) as failed:
        stand_in.deploy(resources)
    return str(failed.value)


def test_vpcs_whose_ranges_overlap_are_not_peered(stand_in: StandIn) -> None:
    ranges = vpcs("10.80.0.0/16", "10.80.128.0/17")
    assert "is in the state failed" in refused(stand_in, {**ranges, "Peering": PEERING})


def test_two_vpcs_are_peered_once(stand_in: StandIn) -> None:
    back = resource("VPCPeeringConnection", VpcId=ref("Vpc1"), PeerVpcId=ref("Vpc0"))
    both = {"Peering": PEERING, "Back": {**back, "DependsOn": "Peering"}}
    said = refused(stand_in, {**vpcs("10.81.0.0/16", "10.82.0.0/16"), **both})
    assert "VpcPeeringConnectionAlreadyExists" in said


def route(**properties: Any) -> dict[str, Any]:
    return resource("Route", DestinationCidrBlock="10.84.0.0/16", **properties)


def test_a_route_leads_over_a_peering_that_is_there(stand_in: StandIn) -> None:
    table = resource("RouteTable", VpcId=ref("Vpc0"))
    nowhere = route(RouteTableId=ref("Table"), VpcPeeringConnectionId="pcx-0123456789abcdef0")
    resources = {**vpcs("10.83.0.0/16"), "Table": table, "Route": nowhere}
    assert "InvalidVpcPeeringConnectionID" in refused(stand_in, resources).replace("Id.", "ID.")


def test_a_route_is_in_a_table_that_is_there(stand_in: StandIn) -> None:
    lost = route(RouteTableId="rtb-0123456789abcdef0", GatewayId="local")
    assert "InvalidRouteTableID.NotFound" in refused(stand_in, {"Route": lost})


def test_a_route_leads_nowhere_until_and_after_its_peering_is_active(stand_in: StandIn) -> None:
    ec2 = stand_in.session.client("ec2")
    one, other = (
        ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"] for cidr in ("10.85.0.0/16", "10.86.0.0/16")
    )
    made = ec2.create_vpc_peering_connection(VpcId=one, PeerVpcId=other)
    peering = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    table = ec2.create_route_table(VpcId=one)["RouteTable"]["RouteTableId"]
    way: Any = {"RouteTableId": table, "DestinationCidrBlock": "10.86.0.0/16"}

    def state() -> str:
        [found] = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        [own] = [each for each in found["Routes"] if each["DestinationCidrBlock"] == "10.86.0.0/16"]
        return own["State"]

    ec2.create_route(**way, VpcPeeringConnectionId=peering)
    assert state() == "blackhole"
    with pytest.raises(ClientError, match="RouteAlreadyExists"):
        ec2.create_route(**way, VpcPeeringConnectionId=peering)
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    assert state() == "active"
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
    assert state() == "blackhole"
