"""An existing VPC for a new environment: what the file says of it, so that nothing is looked up."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from config.section import Matches, Section, reject, setting
from config.types import (
    Boolean,
    RouteTableId,
    SecurityGroupId,
    SubnetCidr,
    SubnetId,
    VpcCidr,
    VpcId,
    check_unique,
)
from config.update_policy import BY_KEY, FREE, RESTARTS, UpdatePolicy
from mwaa.network import SECURITY_GROUPS, SUBNETS

AvailabilityZone = Annotated[
    str,
    Matches(
        r"[a-z]{2}(?:-[a-z]+)+-\d[a-z]",
        "the name of an Availability Zone, such as us-east-1a",
        lambda value: (
            "This is a zone's id; the name of the zone differs between accounts."
            if "-az" in value
            else None
        ),
    ),
]


class GivenSubnet(Section):
    """One of the two private subnets of an environment in an existing VPC."""

    subnet_id: SubnetId = setting(
        "ID of the subnet, which has no route to an internet gateway.",
        update=UpdatePolicy.REFUSED_ENVIRONMENT,
    )
    subnet_cidr: SubnetCidr = setting("CIDR range of the subnet.", update=FREE, alias="SubnetCIDR")
    availability_zone: AvailabilityZone = setting(
        "Name of its Availability Zone, another one than that of the other subnet.", update=FREE
    )
    route_table_id: RouteTableId | None = setting(
        "ID of its route table, which gets the route to the load balancer's VPC.",
        update=FREE,
        default=None,
        otherwise="nothing is added to it; **required** where the two VPCs are peered",
    )


def _check_two(subnets: tuple[GivenSubnet, ...]) -> tuple[GivenSubnet, ...]:
    if len(subnets) != SUBNETS:
        reject(
            f"MWAA takes exactly {SUBNETS} subnets, in two Availability Zones; this lists "
            f"{len(subnets)}.",
            "Several environments can share a pair." if len(subnets) > SUBNETS else None,
        )
    return subnets


class GivenVpc(Section):
    """An existing VPC for a new environment; other entries, and `Alb`, can name the same one.

    It belongs to the account that is deployed to. [Networks](networks.md) says what it must have.
    """

    vpc_id: VpcId = setting("ID of the VPC.", update=UpdatePolicy.REFUSED_ENVIRONMENT)
    vpc_cidr: VpcCidr = setting(
        "CIDR range of the VPC in which its subnets are. It must not overlap that of a VPC that it "
        "is joined to.",
        update=FREE,
        alias="VpcCIDR",
    )
    subnets: Annotated[
        tuple[GivenSubnet, ...],
        AfterValidator(_check_two),
        Field(json_schema_extra={"minItems": SUBNETS, "maxItems": SUBNETS}),
    ] = setting(
        "Its two private subnets for the environment, each in another Availability Zone; in either "
        "order.",
        update=BY_KEY,
    )
    security_group_ids: Annotated[
        tuple[SecurityGroupId, ...],
        Field(max_length=SECURITY_GROUPS - 1),
        AfterValidator(check_unique),
    ] = setting(
        "IDs of existing security groups of the VPC, which the environment has in addition to its "
        "own.",
        update=RESTARTS,
        default=(),
        otherwise="its own alone, which lets it connect anywhere",
    )
    internet_access: Boolean = setting(
        "Whether the subnets have a route to the internet, through a NAT gateway, a transit "
        "gateway or a firewall. Without one the VPC needs interface endpoints.",
        update=FREE,
    )
    owns_interface_endpoints: Boolean = setting(
        "Whether the environment's stack makes the interface endpoints that the environments in "
        "this VPC need. One entry of a VPC can: with private DNS a VPC has one endpoint of a "
        "service.",
        update=UpdatePolicy.MOVES_ENDPOINTS,
        default=False,
    )
