"""Findings of `doctor` about existing VPCs: what the file says, and what is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.deployed import DeployedPlatform
from cli.doctor.networks import check_networks
from config.outline import outline_of
from errors import Level
from tests import loopback
from tests.unit.cli.doctor.fake_network import FakeNetwork
from tests.unit.cli.terminal import Terminal
from tests.unit.config.configurations import parse
from tests.unit.config.given_vpcs import SHARED_ALB, entry, file

OWN_GROUP = {"SecurityGroupIds": ["sg-00000030"]}


SESSION = boto3.Session()
"""One for all: it reads what it knows of AWS's services once."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNetwork]:
    aws = FakeNetwork()
    with loopback.serving(loopback.Server(aws.answer)) as server:
        for name, value in loopback.aws_settings(server.url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield aws


def found(**vpc: Any) -> list[str]:
    """What is wrong with the existing VPC of one environment."""
    raw = file(entry(vpc={**OWN_GROUP, **vpc}), Alb=SHARED_ALB)
    configuration = parse(raw)
    platform = DeployedPlatform(
        configuration=configuration,
        outline=outline_of(configuration),
        place="here",
        session=SESSION,
        variables={},
        ca_file="",
    )
    findings = list(check_networks(platform))
    assert {each.subject for each in findings} == {"Existing VPC of lake"}
    wrong = [each for each in findings if each.level is not Level.OK]
    assert bool(wrong) is (len(findings) == len(wrong))
    assert all(each.remedy for each in wrong)
    return [f"{each.message} {each.detail or ''}" for each in wrong]


def test_doctor_looks_at_existing_vpcs(
    aws: FakeNetwork, terminal: Terminal, tmp_path: Path
) -> None:
    (written := tmp_path / "cdk.context.json").write_text(
        json.dumps(file(entry(vpc=OWN_GROUP), Alb=SHARED_ALB))
    )
    aws.groups = []

    looked = terminal.type("doctor", "-c", str(written))

    assert looked.status == 1
    assert "has no security group sg-00000030" in " ".join(looked.said.split())


@pytest.mark.usefixtures("aws")
def test_a_vpc_that_is_as_the_file_says() -> None:
    assert found() == []


def test_a_route_to_the_internet_needs_no_endpoints(aws: FakeNetwork) -> None:
    aws.s3, aws.services = [], {}
    aws.routes = {"rtb-00000001": "nat-1", "rtb-00000002": "nat-1"}

    assert found(InternetAccess=True) == []


def test_what_a_stack_makes_is_not_looked_for(aws: FakeNetwork) -> None:
    aws.services = {}

    assert found(OwnsInterfaceEndpoints=True) == []


def _change(aws: FakeNetwork, **values: Any) -> None:
    for name, value in values.items():
        setattr(aws.subnets["subnet-00000001"], name, value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda aws: aws.vpcs.clear(), "There is no vpc-00000030 here."),
        (
            lambda aws: aws.vpcs.update({"vpc-00000030": "10.31.0.0/16"}),
            "The range of vpc-00000030 is 10.31.0.0/16, not 10.30.0.0/16.",
        ),
        (lambda aws: aws.subnets.pop("subnet-00000002"), "There is no subnet-00000002 here."),
        (
            lambda aws: _change(aws, vpc="vpc-00000040"),
            "The VPC of subnet-00000001 is vpc-00000040, not vpc-00000030.",
        ),
        (
            lambda aws: _change(aws, zone="us-east-1c"),
            "The Availability Zone of subnet-00000001 is us-east-1c, not us-east-1a.",
        ),
        (
            lambda aws: _change(aws, cidr="10.30.1.0/25"),
            "The range of subnet-00000001 is 10.30.1.0/25, not 10.30.1.0/24.",
        ),
        (
            lambda aws: _change(aws, free=3),
            "subnet-00000001 has 3 free addresses, and the environment takes 4 there",
        ),
        (
            lambda aws: _change(aws, table="rtb-00000002"),
            "The route table of subnet-00000001 is rtb-00000002, not rtb-00000001.",
        ),
        (
            lambda aws: aws.routes.update({"rtb-00000002": "igw-1"}),
            "subnet-00000002 is public: it has a route to an internet gateway",
        ),
        (
            lambda aws: aws.s3.remove("rtb-00000002"),
            "subnet-00000002 has no gateway endpoint of S3 in its route table (rtb-00000002)",
        ),
        (
            lambda aws: aws.services.pop("sqs"),
            "vpc-00000030 has no interface endpoint with private DNS of sqs, and",
        ),
        (
            lambda aws: aws.services.update(kms=("available", False), logs=("failed", True)),
            "vpc-00000030 has no interface endpoint with private DNS of kms, logs, and",
        ),
        (lambda aws: aws.groups.clear(), "vpc-00000030 has no security group sg-00000030."),
        (lambda aws: aws.refused.add("DescribeSubnets"), "DescribeSubnets"),
    ],
)
def test_what_is_otherwise_than_the_file_says(
    aws: FakeNetwork, change: Callable[[FakeNetwork], object], said: str
) -> None:
    change(aws)

    [wrong] = found()

    assert said in wrong


def test_internet_access_that_is_not_there(aws: FakeNetwork) -> None:
    aws.routes = {"rtb-00000001": "nat-1"}

    [wrong] = found(InternetAccess=True)

    assert wrong.startswith("subnet-00000002 has no route to 0.0.0.0/0, and Vpc.InternetAccess")
