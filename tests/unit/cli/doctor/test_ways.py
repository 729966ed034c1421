"""Findings of `doctor` about a way over a transit gateway, which the stand-in lacks.

Those about peering are in tests/integration/test_ways.py.
"""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.doctor.conftest import Doctor
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


def test_a_route_that_is_gone_and_one_that_leads_elsewhere(
    doctor: Doctor,
    over_gateway: FakeAws,
) -> None:
    over_gateway.gateway_routes = {(TABLE, CIDR): ""}
    assert ways(doctor)[ROUTES] == (
        f"{TABLE} to {CIDR} leads elsewhere; {OTHER_TABLE} to {CIDR} is missing."
    )
