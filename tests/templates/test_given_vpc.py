"""Environments in existing VPCs: nothing of the network is made but what the file asks for."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.templates.changes import GIVEN_VPC, OTHER_SUBNETS
from tests.templates.synthesis import Json, Synthesis, raw_sample, rendered, synthesise

NETWORK = (
    "VPC",
    "Subnet",
    "RouteTable",
    "Route",
    "InternetGateway",
    "NatGateway",
    "EIP",
    "FlowLog",
    "VPCPeeringConnection",
    "VPCEndpoint",
)
GROUP = "AWS::EC2::SecurityGroup"
INGRESS = "AWS::EC2::SecurityGroupIngress"
ENVIRONMENT = "AWS::MWAA::Environment"
VPC_ID = GIVEN_VPC["VpcId"]
ALB_TABLE = "rtb-0123456789abcdef0"
APART: Json = {
    "VpcId": "vpc-0bbbbbbbbbbbbbbb1",
    "VpcCIDR": "10.40.0.0/16",
    "Subnets": [
        {**each, "SubnetCIDR": f"10.40.{number}.0/24"} for number, each in enumerate(OTHER_SUBNETS)
    ],
    "InternetAccess": True,
}


def given(**vpc: Any) -> Json:
    return {**copy.deepcopy(GIVEN_VPC), "OwnsInterfaceEndpoints": False, **vpc}


def shared(**entries: Json) -> Json:
    """The load balancer and all environments in one VPC; an entry by its name."""
    raw = raw_sample("everything-given")
    raw.pop("Grants", None)
    raw["Alb"] |= {"VpcId": VPC_ID, "VpcCIDR": GIVEN_VPC["VpcCIDR"], "RouteTableIds": [ALB_TABLE]}
    raw["MwaaEnvironments"] = [
        {"Name": name, "AirflowVersion": "3.3.1", **entry} for name, entry in entries.items()
    ]
    return raw


def made(synthesis: Synthesis, stack: str) -> dict[str, int]:
    counts = {kind: len(synthesis.resources(stack, f"AWS::EC2::{kind}")) for kind in NETWORK}
    return {kind: count for kind, count in counts.items() if count}


@pytest.fixture(scope="module")
def synthesis() -> Synthesis:
    """Two environments in the load balancer's VPC, of which one makes the endpoints; one apart."""
    return synthesise(
        shared(
            lake={"Vpc": given(OwnsInterfaceEndpoints=True)},
            finance={
                "Vpc": given(SecurityGroupIds=["sg-0000000b", "sg-0000000a"]),
                "SecretsBackend": {},
            },
            marts={"Vpc": APART},
        )
    )


def test_the_network_is_left_as_it_is(synthesis: Synthesis) -> None:
    assert made(synthesis, "Env-finance") == {}
    assert "Network" not in synthesis.templates


def test_the_environment_is_in_the_given_subnets_and_groups(synthesis: Synthesis) -> None:
    (own,) = synthesis.resources("Env-finance", GROUP)
    network = synthesis.properties("Env-finance", ENVIRONMENT)["NetworkConfiguration"]

    assert network["SubnetIds"] == [each["SubnetId"] for each in GIVEN_VPC["Subnets"]]
    assert rendered(network["SecurityGroupIds"]) == [
        f"<{own}.GroupId>",
        "sg-0000000a",
        "sg-0000000b",
    ]


def test_its_own_group_lets_itself_and_the_load_balancers_vpc_in(synthesis: Synthesis) -> None:
    group = synthesis.properties("Env-finance", GROUP)
    ((_, itself),) = synthesis.resources("Env-finance", INGRESS).items()

    assert group["VpcId"] == VPC_ID
    assert [(each["CidrIp"], each["FromPort"]) for each in group["SecurityGroupIngress"]] == [
        (GIVEN_VPC["VpcCIDR"], 443)
    ]
    assert itself["Properties"]["IpProtocol"] == "-1"


def test_the_owner_makes_what_both_need_for_the_whole_vpc(synthesis: Synthesis) -> None:
    endpoints = synthesis.resources("Env-lake", "AWS::EC2::VPCEndpoint").values()
    services = {
        rendered(each["Properties"]["ServiceName"]).rpartition(">.")[2] for each in endpoints
    }
    groups = [each["Properties"] for each in synthesis.resources("Env-lake", GROUP).values()]
    (doors,) = (each for each in groups if each["GroupDescription"].startswith("Interface"))

    assert made(synthesis, "Env-lake") == {"VPCEndpoint": len(services)}
    assert {"secretsmanager", "sqs", "monitoring", "airflow.env"} <= services
    for each in endpoints:
        assert each["Properties"]["VpcId"] == VPC_ID
        assert each["Properties"]["PrivateDnsEnabled"] is True
        assert each["Properties"]["SubnetIds"] == [one["SubnetId"] for one in GIVEN_VPC["Subnets"]]
    assert [(each["CidrIp"], each["FromPort"]) for each in doors["SecurityGroupIngress"]] == [
        (GIVEN_VPC["VpcCIDR"], 443)
    ]


def test_the_owner_is_deployed_before_those_that_need_its_endpoints(synthesis: Synthesis) -> None:
    artifacts = json.loads(synthesis.files["manifest.json"])["artifacts"]

    assert "Env-lake" in artifacts["Env-finance"]["dependencies"]
    assert "Env-finance" not in artifacts["Env-lake"]["dependencies"]


def test_a_vpc_of_its_own_is_peered_by_its_route_tables(synthesis: Synthesis) -> None:
    stack = f"Way-{APART['VpcId']}"
    peering = synthesis.properties(stack, "AWS::EC2::VPCPeeringConnection")
    routes = {
        (each["Properties"]["RouteTableId"], each["Properties"]["DestinationCidrBlock"])
        for each in synthesis.resources(stack, "AWS::EC2::Route").values()
    }

    assert made(synthesis, "Env-marts") == {}
    assert made(synthesis, stack) == {"VPCPeeringConnection": 1, "Route": 3}
    assert (peering["VpcId"], peering["PeerVpcId"]) == (APART["VpcId"], VPC_ID)
    assert routes == {
        *((each["RouteTableId"], GIVEN_VPC["VpcCIDR"]) for each in APART["Subnets"]),
        (ALB_TABLE, APART["VpcCIDR"]),
    }


def test_every_range_of_a_vpc_has_its_routes_and_reaches_its_endpoints() -> None:
    second = {
        **APART,
        "VpcCIDR": "100.64.0.0/16",
        "Subnets": [
            {**each, "SubnetId": f"subnet-0000000{n}", "SubnetCIDR": f"100.64.{n}.0/24"}
            for n, each in enumerate(APART["Subnets"])
        ],
        "InternetAccess": False,
        "OwnsInterfaceEndpoints": True,
    }
    stack = f"Way-{APART['VpcId']}"
    alone, both = (
        synthesise(shared(**entries))
        for entries in ({"marts": {"Vpc": APART}}, {"marts": {"Vpc": APART}, "ml": {"Vpc": second}})
    )
    before, after = (each.resources(stack, "AWS::EC2::Route") for each in (alone, both))
    back = {
        each["Properties"]["DestinationCidrBlock"]
        for each in after.values()
        if each["Properties"]["RouteTableId"] == ALB_TABLE
    }
    groups = [each["Properties"] for each in both.resources("Env-ml", GROUP).values()]
    (doors,) = (each for each in groups if each["GroupDescription"].startswith("Interface"))

    assert back == {APART["VpcCIDR"], second["VpcCIDR"]}
    assert before.items() <= after.items(), "A route that moves would be refused: it is there"
    assert {each["CidrIp"] for each in doors["SecurityGroupIngress"]} == back
