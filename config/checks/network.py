"""Rules about VPCs: those of the load balancer and of environments, and their quotas."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from config.checks.finding import warning
from config.checks.nesting import overlapping
from config.checks.partial import PartialFile
from config.checks.ways import joined_ranges, peered_vpcs
from config.environment_network import environment_network
from config.model import Configuration
from config.network import are_all
from config.oidc import HTTPS
from config.ways import existing_vpcs
from errors import Finding, Place, path_text
from mwaa.quotas import (
    ELASTIC_ADDRESSES,
    LONGEST_SUBNET_PREFIX,
    MOST_PEERINGS,
    PEERINGS,
    RULES_OF_A_SECURITY_GROUP,
    VPCS,
)

VPC_KEYS = ("VpcId", "SubnetIds", "VpcCIDR")
ROUTE_TABLES = "RouteTableIds"
PORTS = (443, 80)


def complete_alb_vpc(file: PartialFile) -> Iterator[Finding]:
    """An existing VPC for the portal's load balancer is described completely."""
    given = [key for key in (*VPC_KEYS, ROUTE_TABLES) if file.alb.gives(key)]
    if not (file.has_portal and given):
        return
    for key in VPC_KEYS:
        if key not in given:
            yield Finding(
                place=("Alb", key),
                message=f"Missing beside {' and '.join(given)}.",
                remedy=f"An existing VPC is named by {', '.join(VPC_KEYS)} together; without them "
                "one is made.",
            )
    peered = peered_vpcs(file)
    if ROUTE_TABLES not in given and peered:
        yield Finding(
            place=("Alb", ROUTE_TABLES),
            message="Missing: they get the route to the VPC of each private environment that is "
            f"peered, such as MwaaEnvironments[{peered[0]}].",
            remedy="Name the route tables of SubnetIds.",
        )


def peering_limit(file: PartialFile) -> Iterator[Finding]:
    """No more private environments than AWS peers with one VPC."""
    peered = len(peered_vpcs(file))
    if peered > MOST_PEERINGS:
        yield Finding(
            place=("MwaaEnvironments",),
            message=f"The VPCs of {peered} private environments are more than the {MOST_PEERINGS} "
            "that AWS peers with one.",
            remedy="Join them by a transit gateway (Connectivity), or divide them among two "
            "applications, each with an AppName of its own.",
        )


def disjoint_ranges(file: PartialFile) -> Iterator[Finding]:
    """The VPCs that are joined to each other have ranges that do not overlap."""
    place: Place = ("CustomerVpc", "VpcCIDR")
    cidr = file.customer_vpc.get(lambda each: each.vpc_cidr)
    if file.alb.gives("VpcId") or file.alb.gives("VpcCIDR"):
        place, cidr = ("Alb", "VpcCIDR"), file.alb.get(lambda each: each.vpc_cidr)
    own: list[tuple[int | None, Place, IPv4Network]]
    own = [(None, place, IPv4Network(cidr))] if cidr else []
    ranges = [*own, *joined_ranges(file)]
    for earlier, later in overlapping([each for _, _, each in ranges]):
        (whose, place, one), (others, other_place, other) = ranges[earlier], ranges[later]
        if whose != others:
            yield Finding(
                place=other_place,
                message=f"{other} overlaps {one} of {path_text(place)}.",
                remedy="The load balancer's VPC is joined to those of private environments: take "
                "ranges that do not overlap.",
            )


def load_balancer_subnets(file: PartialFile) -> Iterator[Finding]:
    """The subnets that are made for a load balancer are large enough for one."""
    if not file.has_portal or file.alb.gives("VpcId"):
        return
    internet_facing = file.alb.get(lambda alb: alb.internet_facing)
    masks = {
        "PublicSubnetMask": file.customer_vpc.get(lambda vpc: vpc.public_subnet_mask),
        "PrivateSubnetMask": file.customer_vpc.get(lambda vpc: vpc.private_subnet_mask),
    }
    key = "PublicSubnetMask" if internet_facing else "PrivateSubnetMask"
    mask = masks[key]
    if internet_facing is not None and mask and mask > LONGEST_SUBNET_PREFIX:
        yield Finding(
            place=("CustomerVpc", key),
            message=f"The load balancer stands in these subnets, and /{mask} is too small: it "
            f"takes /{LONGEST_SUBNET_PREFIX} at least.",
            remedy=f"Take {LONGEST_SUBNET_PREFIX}, or less.",
        )


def unused_customer_vpc(configuration: Configuration) -> Iterator[Finding]:
    """A section that nothing reads."""
    given = "customer_vpc" in configuration.model_fields_set
    if configuration.has_portal and configuration.alb.vpc_id and given:
        yield warning(("CustomerVpc",), "not used, because Alb.VpcId names an existing VPC.")


def alb_clients(configuration: Configuration) -> Iterator[Finding]:
    """An internal load balancer in an existing VPC that only the VPC itself can reach."""
    alb = configuration.alb
    if configuration.has_portal and alb.vpc_id and not (alb.internet_facing or alb.allowed_cidrs):
        yield warning(
            ("Alb", "AllowedCidrs"),
            f"without it only addresses of {alb.vpc_cidr} may connect, so none of a VPN or another "
            "network.",
        )


def open_alb(configuration: Configuration) -> Iterator[Finding]:
    """A load balancer that everybody on the internet can connect to, without a web ACL."""
    alb, quick_start = configuration.alb, configuration.quick_start
    if not alb.internet_facing or alb.web_acl_arn:
        return
    own_group = quick_start and quick_start.security_group_id
    if configuration.is_open and (configuration.has_portal or not own_group):
        yield warning(
            ("Alb", "InternetFacing"),
            f"{visitors(configuration)} may connect, and no web ACL filters their requests: give "
            "Alb.AllowedCidrs (together a /8 of public addresses at most) or Alb.WebAclArn.",
        )
    if own_group:
        yield warning(
            ("QuickStart", "SecurityGroupId"),
            "its rules alone decide who on the internet may connect to QuickStart, and no web ACL "
            "filters their requests: make sure that they name your networks, or give "
            "Alb.WebAclArn.",
        )


def unused_ranges(configuration: Configuration) -> Iterator[Finding]:
    """Ranges that do not hold for QuickStart."""
    quick_start = configuration.quick_start
    if configuration.alb.allowed_cidrs and quick_start and quick_start.security_group_id:
        yield warning(
            ("Alb", "AllowedCidrs"),
            "not used for QuickStart, whose SecurityGroupId decides who may connect: take one of "
            "them out, or see that the group's rules name the same ranges.",
        )


def visitors(configuration: Configuration) -> str:
    """Who may connect to a load balancer that is open to the internet."""
    everybody = are_all(configuration.alb_ingress_cidrs)
    return "everybody on the internet" if everybody else "much of the internet"


def security_group_rules(configuration: Configuration) -> Iterator[Finding]:
    """More ranges than the rules that a security group begins with."""
    alb, quick_start = configuration.alb, configuration.quick_start
    has_own = configuration.has_portal or not (quick_start and quick_start.security_group_id)
    rules = len(PORTS) * len(alb.allowed_cidrs or ())
    if has_own and rules > RULES_OF_A_SECURITY_GROUP:
        yield warning(
            ("Alb", "AllowedCidrs"),
            f"{len(alb.allowed_cidrs or ())} ranges take {rules} rules of a security group, for "
            f"ports {' and '.join(map(str, PORTS))}, more than the quota of "
            f"{RULES_OF_A_SECURITY_GROUP} that an account begins with. Merge ranges, or have the "
            "quota raised.",
        )


def unreachable_identity_provider(configuration: Configuration) -> Iterator[Finding]:
    """An internal load balancer without a route to the internet."""
    alb, own_vpc = configuration.alb, configuration.alb_vpc
    if configuration.has_portal and not (alb.internet_facing or alb.vpc_id or own_vpc.nat_gateways):
        yield warning(
            ("CustomerVpc", "NatGateways"),
            "the load balancer itself calls the identity provider, and without a NAT gateway an "
            "internal one reaches only what is inside its networks.",
        )


def other_ports_of_the_provider(configuration: Configuration) -> Iterator[Finding]:
    """Ports of the identity provider that an existing security group must let out to."""
    quick_start, others = configuration.quick_start, configuration.oidc.ports - {HTTPS}
    if others and quick_start and quick_start.security_group_id:
        yield warning(
            ("QuickStart", "SecurityGroupId"),
            "the load balancer calls the identity provider on port "
            f"{' and '.join(map(str, sorted(others)))}, to which this group must let it out.",
        )


def network_quotas(configuration: Configuration) -> Iterator[Finding]:
    """More networks than a Region of an account begins with."""
    new = configuration.new_environments
    has_own_vpc = configuration.has_portal and not configuration.alb.vpc_id
    made = [each for each in new if not each.vpc]
    vpcs = [*([configuration.alb_vpc] if has_own_vpc else []), *made]
    if len(vpcs) > VPCS:
        yield warning(
            ("MwaaEnvironments",),
            f"{len(vpcs)} VPCs are more than the quota of {VPCS} that a Region of an account "
            "begins with, in which its default VPC counts as well.",
        )
    gateways = sum(vpc.nat_gateways for vpc in vpcs)
    if gateways > ELASTIC_ADDRESSES:
        yield warning(
            (),
            f"{gateways} of them take as many Elastic IP addresses, more than the quota of "
            f"{ELASTIC_ADDRESSES} that a Region of an account begins with.",
            subject="NatGateways",
        )
    existing = sum(
        bool(each.connectivity and each.connectivity.is_peering)
        for each in existing_vpcs(configuration)
    )
    peered = existing + sum(
        configuration.connectivity_of(each).is_peering
        and environment_network(configuration, each).needs_way
        for each in made
    )
    if peered > PEERINGS:
        yield warning(
            ("MwaaEnvironments",),
            f"{peered} new private environments are peered with the load balancer's VPC, more than "
            f"the quota of {PEERINGS} that a VPC begins with; {MOST_PEERINGS} is the most "
            "that AWS raises it to.",
        )
