"""A VPC on the stand-in, for tests of what is put into it."""

from __future__ import annotations

from typing import NamedTuple

from local.layout import REGION
from tests.unit.local.aws.stand_in import StandIn

ZONES = "abca"


class Network(NamedTuple):
    """Private subnets of a VPC, the last one in the zone of the first, and two security groups."""

    vpc: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...]


def made_network(stand_in: StandIn) -> Network:
    """A network of its own."""
    ec2 = stand_in.session.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.7.{number}.0/24", AvailabilityZone=f"{REGION}{zone}"
        )
        for number, zone in enumerate(ZONES)
    ]
    groups = [
        ec2.create_security_group(GroupName=name, Description="test", VpcId=vpc)
        for name in ("one", "other")
    ]
    return Network(
        vpc=vpc,
        subnets=tuple(each["Subnet"]["SubnetId"] for each in subnets),
        groups=tuple(each["GroupId"] for each in groups),
    )
