"""Ways to private web servers in the templates: peering, transit gateway, none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.templates.synthesis import Json, Synthesis, existing, sample, synthesise
from tests.templates.variants import ENVIRONMENT, one_environment

GATEWAY = "tgw-0123456789abcdef0"
OVER_GATEWAY = {"Way": "TransitGateway", "TransitGatewayId": GATEWAY}
MIX = "mix-with-existing-environments"
ROUTE, ATTACHMENT = "AWS::EC2::Route", "AWS::EC2::TransitGatewayAttachment"
PEERING, INGRESS = "AWS::EC2::VPCPeeringConnection", "AWS::EC2::SecurityGroupIngress"
HTTPS = 443


def made(connectivity: Any, **entry: Any) -> Synthesis:
    return synthesise(one_environment(**entry) | {"Connectivity": connectivity})


def way(synthesis: Synthesis, stack: str = ENVIRONMENT) -> dict[str, Json]:
    """The routes between the VPCs, by logical id."""
    routes = synthesis.resources(stack, ROUTE)
    return {id_: each for id_, each in routes.items() if id_.startswith("Peering")}


def test_with_a_transit_gateway_both_vpcs_are_attached_and_every_route_leads_there() -> None:
    synthesis = made(OVER_GATEWAY)

    for stack in ("Network", ENVIRONMENT):
        attachment = synthesis.properties(stack, ATTACHMENT)
        assert attachment["TransitGatewayId"] == GATEWAY
        # A subnet in each zone.
        assert len(attachment["SubnetIds"]) == 2
    assert synthesis.resources(ENVIRONMENT, PEERING) == {}
    routes = way(synthesis)
    # Two private tables of the environment; two private and two public ones of the load balancer.
    assert len(routes) == 6
    [attachment_id] = synthesis.resources(ENVIRONMENT, ATTACHMENT)
    for each in routes.values():
        assert each["Properties"]["TransitGatewayId"] == GATEWAY
        # A route to a gateway to which the VPC is not attached is refused.
        assert each["DependsOn"] == [attachment_id]


def test_a_route_keeps_its_id_and_its_place_with_another_way() -> None:
    """So CloudFormation changes it in place; a second one to its range would be refused."""

    def places(synthesis: Synthesis) -> dict[str, Any]:
        return {
            id_: [each["Properties"][key] for key in ("RouteTableId", "DestinationCidrBlock")]
            for id_, each in way(synthesis).items()
        }

    assert places(made({"Way": "VpcPeering"})) == places(made(OVER_GATEWAY))


def test_without_a_way_nothing_is_made_and_the_rules_stay() -> None:
    synthesis = made({"Way": "None"}, AllowedCidrs=["10.100.0.0/16"])

    assert way(synthesis) == {}
    assert synthesis.resources(ENVIRONMENT, PEERING) == {}
    group = synthesis.properties(ENVIRONMENT, "AWS::EC2::SecurityGroup")
    assert [each["CidrIp"] for each in group["SecurityGroupIngress"]] == ["192.168.0.0/16"]


def test_other_networks_of_people_get_a_rule_each_named_by_their_range() -> None:
    def rules(*ranges: str) -> dict[str, str]:
        synthesis = synthesise(one_environment(AllowedCidrs=list(ranges)))
        return {
            each["Properties"]["CidrIp"]: id_
            for id_, each in synthesis.resources(ENVIRONMENT, INGRESS).items()
            if "CidrIp" in each["Properties"]
            and each["Properties"]["FromPort"] == each["Properties"]["ToPort"] == HTTPS
        }

    # Without the dots these two are alike.
    one, other = "11.0.0.0/16", "1.10.0.0/16"
    both = rules(one, other)
    assert len({*both.values()}) == 2
    assert rules(other) == {other: both[other]}


def test_an_existing_vpc_is_joined_by_one_stack_whoever_is_in_it() -> None:
    synthesis = sample(MIX)
    shared = "Way-vpc-0aaaaaaaaaaaaaaa1"

    assert [each for each in synthesis.templates if each.startswith("Way-")] == [
        shared,
        "Way-vpc-0bbbbbbbbbbbbbbb1",
    ]
    assert len(synthesis.resources(shared, PEERING)) == 1
    # Three tables of its subnets, four of the load balancer's VPC.
    assert len(way(synthesis, shared)) == 7
    assert {
        each["Properties"]["GroupId"] for each in synthesis.resources(shared, INGRESS).values()
    } == {"sg-0aaaaaaaaaaaaaaa1", "sg-0aaaaaaaaaaaaaaa2"}


@pytest.mark.parametrize("number", [1, 3])
def test_the_network_grows_by_transit_gateways_and_not_by_environments(number: int) -> None:
    raw = existing(*(f"env{n}" for n in range(number)))
    for n, each in enumerate(raw["MwaaEnvironments"]):
        each["Existing"] = {"VpcId": f"vpc-0123456{n}", "VpcCIDR": f"10.4{n}.0.0/16"}
        each["Connectivity"] = OVER_GATEWAY
    assert len(synthesise(raw).resources("Network", ATTACHMENT)) == 1
