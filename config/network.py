"""Settings of VPCs: the load balancer's, and that of each new environment."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, collapse_addresses
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from config.section import Section, reject, setting
from config.types import Integer, VpcCidr
from config.update_policy import FREE, UpdatePolicy
from mwaa.quotas import TARGET_NETWORKS

ADDRESS_BITS = 32
MOST_PUBLIC_ADDRESSES = 2**24
"""In ranges that limit who may connect: a /8, the most that one organisation usually has."""

Zones = Annotated[Integer, Field(ge=2, le=6)]
NatGateways = Annotated[Integer, Field(ge=0, le=6)]
SubnetMask = Annotated[Integer, Field(ge=16, le=28)]


def _public_mask(update: UpdatePolicy) -> Any:
    return setting("Prefix length of each public subnet.", update=update, default=24)


def _private_mask(update: UpdatePolicy) -> Any:
    return setting("Prefix length of each private subnet.", update=update, default=18)


class VpcSettings(Section):
    """A VPC with public and private subnets in each of its Availability Zones."""

    vpc_cidr: VpcCidr | None = setting(
        "CIDR range of the VPC. The VPCs of the load balancer and of private environments are "
        "peered and must not overlap.",
        update=UpdatePolicy.REFUSED_SUBNETS,
        default=None,
        otherwise="**required** without `Vpc`",
        alias="VpcCIDR",
    )
    max_azs: Zones = setting(
        "Number of Availability Zones. The subnets of the others stay as they are.",
        update=FREE,
        default=2,
        alias="MaxAZs",
    )
    nat_gateways: NatGateways = setting(
        "Number of NAT gateways. With 0 there is no route to the internet; an environment then "
        "gets interface endpoints to the AWS services that it needs.",
        update=UpdatePolicy.MOVES_EGRESS,
        default=1,
    )
    public_subnet_mask: SubnetMask = _public_mask(UpdatePolicy.REFUSED_SUBNETS)
    private_subnet_mask: SubnetMask = _private_mask(UpdatePolicy.REFUSED_SUBNETS)
    auto_scaling_role_arn: str | None = setting(
        "Accepted because published files have it, and ignored.",
        update=FREE,
        default=None,
        otherwise="nothing changes",
        alias="AWSServiceRoleForAutoScalingArn",
    )

    @field_validator("nat_gateways")
    @classmethod
    def _check_nat_gateways(cls, count: int, info: ValidationInfo) -> int:
        zones = info.data.get("max_azs", count)
        if count > zones:
            reject(f"{count} NAT gateways are more than one for each of {zones} zones (MaxAZs).")
        return count

    @field_validator("private_subnet_mask")
    @classmethod
    def _check_subnets(cls, private: int, info: ValidationInfo) -> int:
        valid = info.data
        required = {"vpc_cidr", "max_azs", "public_subnet_mask"}
        if not required <= valid.keys() or valid["vpc_cidr"] is None:
            return private
        zones, public = valid["max_azs"], valid["public_subnet_mask"]
        network = IPv4Network(valid["vpc_cidr"])
        # However they are placed: each size is a power of two, and the VPC's a multiple of it.
        if zones * (2 ** (ADDRESS_BITS - public) + 2 ** (ADDRESS_BITS - private)) > (
            network.num_addresses
        ):
            reject(
                f"{zones} subnets of /{public} and {zones} of /{private} do not fit {network}.",
                "Raise PrivateSubnetMask (smaller subnets), lower MaxAZs or widen VpcCIDR.",
            )
        return private


class CustomerVpc(VpcSettings):
    """The VPC of the load balancer."""

    vpc_cidr: VpcCidr = setting(
        "CIDR range of the VPC. It must not overlap that of a private environment. A change fails "
        "until the `Ui-` and `Way-` stacks, Gate, Sso, new private environments and Network are "
        "destroyed.",
        update=UpdatePolicy.REFUSED_SHARED_SUBNETS,
        default="192.168.0.0/16",
        alias="VpcCIDR",
    )
    max_azs: Zones = setting(
        "Number of Availability Zones. The subnets of the others stay as they are. It cannot be "
        "lowered: the load balancer is in the subnets.",
        update=UpdatePolicy.REFUSED_FEWER_ZONES,
        default=2,
        alias="MaxAZs",
    )
    nat_gateways: NatGateways = setting(
        "Number of NAT gateways, through which an internal load balancer reaches the identity "
        "provider. One that is `InternetFacing` has addresses of its own.",
        update=UpdatePolicy.MOVES_EGRESS,
        default_factory=lambda: 1,
        otherwise="1; 0 with `Alb.InternetFacing`",
    )
    public_subnet_mask: SubnetMask = _public_mask(UpdatePolicy.REFUSED_SHARED_SUBNETS)
    private_subnet_mask: SubnetMask = _private_mask(UpdatePolicy.REFUSED_SHARED_SUBNETS)


def limit(ranges: Iterable[str]) -> bool:
    """Whether ranges limit who on the internet may connect: together a /8 of it at most."""
    networks = collapse_addresses(map(IPv4Network, ranges))
    public = sum(_public_addresses(each) for each in networks)
    return public <= MOST_PUBLIC_ADDRESSES


def are_all(ranges: Iterable[str]) -> bool:
    """Whether ranges together hold every address."""
    return [*collapse_addresses(map(IPv4Network, ranges))] == [IPv4Network("0.0.0.0/0")]


def _public_addresses(network: IPv4Network) -> int:
    if any(network.subnet_of(each) for each in TARGET_NETWORKS):
        return 0
    private = (each for each in TARGET_NETWORKS if each.subnet_of(network))
    return network.num_addresses - sum(each.num_addresses for each in private)
