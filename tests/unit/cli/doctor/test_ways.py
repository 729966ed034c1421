"""Findings of `doctor` about ways that the stand-in lacks, or that were there before.

Those about a peering that a stack made are in tests/integration/test_ways.py.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.cli.doctor.conftest import ALB, Doctor
from tests.unit.cli.doctor.fake_aws import FakeAws

GATEWAY, TABLE = "tgw-0123456789abcdef0", "rtb-0123456789abcdef0"
OTHER_TABLE = "rtb-0fedcba9876543210"
ATTACHMENT = "tgw-attach-0123456789abcdef0"
CIDR = "192.168.0.0/16"
CONNECTIVITY = {"Way": "TransitGateway", "TransitGatewayId": GATEWAY}


@pytest.fixture
def over_gateway(aws: FakeAws) -> FakeAws:
    """All is well."""
    aws.resources = [
        ("Attachment", "AWS::EC2::TransitGatewayAttachment", ATTACHMENT),
        ("PeeringToAccepterA", "AWS::EC2::Route", f"{TABLE}|{CIDR}"),
        ("PeeringToAccepterB", "AWS::EC2::Route", f"{OTHER_TABLE}|{CIDR}"),
        ("VpcDefaultRoute", "AWS::EC2::Route", f"{TABLE}|0.0.0.0/0"),
    ]
    aws.attachments = {ATTACHMENT: "available"}
    aws.gateway_routes = {(TABLE, CIDR): GATEWAY, (OTHER_TABLE, CIDR): GATEWAY}
    return aws


def codes(doctor: Doctor) -> list[str]:
    return doctor.codes(Connectivity=CONNECTIVITY)


def ways(doctor: Doctor) -> dict[str, str]:
    result = doctor("--json", Connectivity=CONNECTIVITY)
    return {
        each["subject"]: each["wrong"] or ""
        for each in json.loads(result.out)
        if each["subject"].startswith("Way")
    }


CONNECTION, ROUTES = "Way to fore_casting: connection", "Way to fore_casting: routes"


@pytest.mark.usefixtures("over_gateway")
def test_all_is_well(doctor: Doctor) -> None:
    assert ways(doctor) == {CONNECTION: "", ROUTES: ""}


def test_an_attachment_that_nobody_accepted(doctor: Doctor, over_gateway: FakeAws) -> None:
    over_gateway.attachments = {ATTACHMENT: "pendingAcceptance"}
    assert ways(doctor) == {CONNECTION: f"{ATTACHMENT} is pendingAcceptance.", ROUTES: ""}
    assert codes(doctor) == ["way-not-connected"]


def test_a_route_that_is_gone_and_one_that_leads_elsewhere(
    doctor: Doctor,
    over_gateway: FakeAws,
) -> None:
    over_gateway.gateway_routes = {(TABLE, CIDR): ""}
    assert ways(doctor)[ROUTES] == (
        f"{TABLE} to {CIDR} leads elsewhere; {OTHER_TABLE} to {CIDR} is missing."
    )
    assert codes(doctor) == ["way-route-wrong"]


OURS, THEIRS = "vpc-0aaaaaaaaaaaaaaa2", "vpc-0aaaaaaaaaaaaaaa1"
JOINED: dict[str, Any] = {
    "Name": "ledger",
    "Existing": {"VpcId": THEIRS, "VpcCIDR": "10.40.0.0/16"},
}


@pytest.mark.parametrize("named", [True, False])
def test_a_peering_that_was_there_before_the_stack(
    *, named: bool, aws: FakeAws, doctor: Doctor
) -> None:
    """The load balancer's VPC is named in the file, or made by a stack."""
    aws.resources = [("Vpc", "AWS::EC2::VPC", OURS)]
    aws.peerings = {"pcx-1": {OURS, THEIRS}, "pcx-2": {THEIRS, "vpc-0aaaaaaaaaaaaaaa3"}}
    in_vpc = {
        "VpcId": OURS,
        "RouteTableIds": [TABLE],
        "SubnetIds": ["subnet-00000011", "subnet-00000012"],
    }
    alb = {**ALB, **in_vpc, "VpcCIDR": "10.50.0.0/16"} if named else ALB
    sections = {"Alb": alb, "MwaaEnvironments": [JOINED]}
    said = doctor(**sections).said
    assert f"pcx-1 joins {THEIRS} to the load balancer's VPC already" in said
    assert "pcx-2" not in said
    assert "way-doubled" in doctor.codes(**sections)
    aws.stacks[f"mwaa-platform-Way-{THEIRS}"] = {}
    assert "pcx-1 joins" not in doctor(**sections).said


def test_a_group_that_lost_the_rule(aws: FakeAws, doctor: Doctor) -> None:
    group = "sg-0aaaaaaaaaaaaaaa1"
    existing = {**JOINED, "Existing": {**JOINED["Existing"], "SecurityGroupId": group}}
    aws.stacks[f"mwaa-platform-Way-{THEIRS}"] = {}
    aws.resources = [("Source", "AWS::EC2::PrefixList", "pl-0123456789abcdef0")]
    sections = {"MwaaEnvironments": [existing]}
    assert "way-rule-missing" in doctor.codes(**sections)
    aws.admitted = {group: "pl-0123456789abcdef0"}
    assert "way-rule-missing" not in doctor.codes(**sections)
