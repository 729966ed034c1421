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
from cli.doctor.quotas import check_quotas
from config.outline import outline_of
from errors import Level
from tests import loopback
from tests.unit.cli.doctor.fake_network import Entry, FakeNetwork
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
        # MWAA's API is asked at api.<endpoint>, which is no address here.
        monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield aws


def found(**vpc: Any) -> list[str]:
    """What is wrong with the existing VPC of one environment."""
    findings = list(check_networks(platform(**vpc)))
    assert {each.subject for each in findings} == {"Existing VPC of lake"}
    wrong = [each for each in findings if each.level is not Level.OK]
    assert bool(wrong) is (len(findings) == len(wrong))
    assert all(each.remedy for each in wrong)
    return [f"{each.code}: {each.message} {each.detail or ''}" for each in wrong]


def platform(**vpc: Any) -> DeployedPlatform:
    raw = file(entry(vpc={**OWN_GROUP, **vpc}), Alb=SHARED_ALB)
    configuration = parse(raw)
    return DeployedPlatform(
        configuration=configuration,
        outline=outline_of(configuration),
        place="here",
        session=SESSION,
        variables={},
        ca_file="",
    )


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
        (lambda aws: aws.vpcs.clear(), "vpc-missing: There is no vpc-00000030 here."),
        (
            lambda aws: aws.vpcs.update({"vpc-00000030": "10.31.0.0/16"}),
            "vpc-differs: The range of vpc-00000030 is 10.31.0.0/16, not 10.30.0.0/16.",
        ),
        (
            lambda aws: aws.subnets.pop("subnet-00000002"),
            "subnet-missing: There is no subnet-00000002 here.",
        ),
        (
            lambda aws: _change(aws, vpc="vpc-00000040"),
            "subnet-differs: The VPC of subnet-00000001 is vpc-00000040, not vpc-00000030.",
        ),
        (
            lambda aws: _change(aws, zone="us-east-1c"),
            "subnet-differs: The Availability Zone of subnet-00000001 is us-east-1c, not us-",
        ),
        (
            lambda aws: _change(aws, cidr="10.30.1.0/25"),
            "subnet-differs: The range of subnet-00000001 is 10.30.1.0/25, not 10.30.1.0/24.",
        ),
        (
            lambda aws: _change(aws, free=3),
            "subnet-full: subnet-00000001 has 3 free addresses, and the environment takes 4 there",
        ),
        (
            lambda aws: _change(aws, table="rtb-00000002"),
            "subnet-differs: The route table of subnet-00000001 is rtb-00000002, not rtb-00000001.",
        ),
        (
            lambda aws: aws.routes.update({"rtb-00000002": "igw-1"}),
            "subnet-public: subnet-00000002 is public: it has a route to an internet gateway",
        ),
        (
            lambda aws: aws.s3.remove("rtb-00000002"),
            "subnet-without-s3: subnet-00000002 has no gateway endpoint of S3 in its route table",
        ),
        (
            lambda aws: aws.services.pop("sqs"),
            "endpoint-missing: vpc-00000030 has no interface endpoint with private DNS of sqs, and",
        ),
        (
            lambda aws: aws.services.update(kms=("available", False), logs=("failed", True)),
            "endpoint-missing: vpc-00000030 has no interface endpoint with private DNS of kms",
        ),
        (
            lambda aws: aws.groups.clear(),
            "security-group-missing: vpc-00000030 has no security group sg-00000030.",
        ),
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

    assert wrong.startswith(
        "subnet-without-internet: subnet-00000002 has no route to 0.0.0.0/0, and Vpc.InternetAccess"
    )


BETWEEN = "10.30.2.0/24"


@pytest.mark.parametrize(
    ("rules", "closed"),
    [
        ([], "out to 0.0.0.0/0 on 443; in from 0.0.0.0/0 on 32768 to 60999; out to"),
        ([Entry(100, "out")], "in from 0.0.0.0/0 on 32768 to 60999; in from"),
        ([Entry(100, "out"), Entry(100, "in", ports=(443, 443))], "in from 0.0.0.0/0 on 32768"),
        (
            [Entry(100, "out"), Entry(90, "in", "deny", ports=(5432, 5432)), Entry(100, "in")],
            f"closes TCP in from {BETWEEN} on 5432.",
        ),
        (
            [Entry(100, "out"), Entry(90, "in", "deny", ports=(40000, 40001)), Entry(100, "in")],
            "closes TCP in from 0.0.0.0/0 on 32768 to 60999;",
        ),
    ],
    ids=["nothing", "no way in", "no answers", "no database", "some answers"],
)
def test_a_network_acl_that_closes_what_mwaa_needs(
    rules: list[Entry], closed: str, aws: FakeNetwork
) -> None:
    aws.acl = rules

    first, second = found()

    assert first.startswith("network-acl-closed: The network ACL of subnet-00000001, acl-00000001,")
    assert closed in first
    assert "subnet-00000002" in second


@pytest.mark.parametrize(
    "rules",
    [
        [Entry(100, "in", ports=(0, 40000)), Entry(110, "in", ports=(40001, 65535))],
        [Entry(100, "in"), Entry(110, "in", "deny")],
        [Entry(90, "in", "deny", cidr="203.0.113.0/24"), Entry(100, "in")],
        [Entry(90, "in", "deny", ports=(22, 22)), Entry(100, "in")],
        [
            Entry(100, "in", cidr="10.0.0.0/8"),
            Entry(110, "in", ports=(32768, 65535)),
        ],
    ],
    ids=["in parts", "denied later", "somebody else", "another port", "the ranges that call"],
)
def test_a_network_acl_that_lets_through_what_mwaa_needs(
    rules: list[Entry], aws: FakeNetwork
) -> None:
    aws.acl = [*rules, Entry(100, "out")]

    assert found() == []


def test_endpoints_that_do_not_let_the_subnets_in(aws: FakeNetwork) -> None:
    aws.endpoint_sources = ["10.99.0.0/16"]

    [wrong] = found()

    assert wrong.startswith("endpoint-closed: The interface endpoint of airflow.api,")
    aws.endpoint_sources = ["10.30.2.0/24"]
    assert found() == []


def test_interface_endpoints_of_a_vpc_have_a_quota(aws: FakeNetwork) -> None:
    """With those that somebody else made there."""
    aws.quotas = {"L-29B6F2EB": (9, True)}

    [wrong] = list(check_quotas(platform(OwnsInterfaceEndpoints=True)))

    assert wrong.message.startswith("Interface endpoints of a VPC vpc-00000030: 8 are there and 7")
    aws.quotas = {"L-29B6F2EB": (15, True)}
    assert not any(each.is_wrong for each in check_quotas(platform(OwnsInterfaceEndpoints=True)))
