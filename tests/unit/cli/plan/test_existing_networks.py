"""A plan lists what an existing VPC must have already."""

from __future__ import annotations

from typing import Any

import pytest

from cli.plan.application import StackState
from cli.plan.consequences import plan
from cli.plan.existing_networks import needs_of_networks, notes_on_ways, ways_made
from tests.unit.cli.plan.applications import application, stack
from tests.unit.config.configurations import draft, parse
from tests.unit.config.given_vpcs import SHARED_ALB, entry, file


def needs(made: set[str], region: str | None = "us-east-1", **vpc: Any) -> list[str]:
    configuration = parse(file(entry("lake", vpc=vpc), entry("marts"), Alb=SHARED_ALB))
    return list(needs_of_networks(configuration, made, region=region))


def test_an_environment_that_is_made_lists_its_endpoints() -> None:
    [said] = needs({"lake"})

    assert said.startswith("lake has no route to the internet: vpc-00000030 must have")
    assert "airflow.ops, kms, logs, monitoring, sqs, and the gateway endpoint of S3" in said


def test_a_region_without_a_service_needs_no_endpoint_of_it() -> None:
    [said] = needs({"marts"}, region="us-west-1")

    assert "airflow.ops" not in said
    assert needs({"marts"}, region=None) == needs({"marts"})


@pytest.mark.parametrize("vpc", [{"OwnsInterfaceEndpoints": True}])
def test_what_a_stack_makes_is_not_listed(vpc: dict[str, Any]) -> None:
    assert needs({"lake", "marts"}, **vpc) == []


def test_what_is_deployed_is_not_listed() -> None:
    assert needs(set()) == []


JOINED = {
    "Name": "ledger",
    "Existing": {
        "VpcId": "vpc-0aaaaaaaaaaaaaaa1",
        "VpcCIDR": "10.40.0.0/16",
        "SecurityGroupId": "sg-0aaaaaaaaaaaaaaa1",
    },
}
WAY = "Way-vpc-0aaaaaaaaaaaaaaa1"


def notes(*, before: tuple[StackState, ...] = (), **keys: Any) -> list[str]:
    """Where the stack of the VPC has a peering, after these stacks."""
    peering = {"Type": "AWS::EC2::VPCPeeringConnection", "Properties": {}}
    made = plan(application(*before), application(stack(WAY, Peering=peering)), described="before")
    configuration = parse(draft(MwaaEnvironments=[{**JOINED, **keys}]))
    return list(notes_on_ways(configuration, ways_made(made)))


def test_a_way_that_is_new_may_be_one_that_people_have() -> None:
    [said] = notes()
    assert said.startswith("If vpc-0aaaaaaaaaaaaaaa1 is joined to the load balancer's VPC already")
    assert 'Connectivity {"Way": "None"} in the entry keeps yours' in said
    rule_alone = stack(WAY, Rule={"Type": "Custom::WebServerIngress", "Properties": {}})
    assert notes(before=(rule_alone,)) == [said]


def test_a_way_that_is_there_or_is_not_made_is_no_matter() -> None:
    peering = {"Type": "AWS::EC2::VPCPeeringConnection", "Properties": {}}
    assert notes(before=(stack(WAY, Peering=peering),)) == []
    assert notes(Connectivity={"Way": "None"}) == []
