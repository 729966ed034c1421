"""Check that the ranges of VPCs that are going to be joined are free, in what exists already.

The file names one range of an existing VPC. It may have further ones, and its route tables may lead
elsewhere already; AWS then refuses the peering connection or the route in mid-deployment.

https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from cli.deployed import DeployedPlatform
from cli.doctor.codes import Code
from config.environment_network import environment_network
from config.model import Configuration
from config.new_environment import NewEnvironment
from config.stack_names import Kind, Stack, stacks
from config.ways import ExistingVpc
from errors import Finding, Level

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client

LOCAL = "local"
"""The target of a VPC's own routes."""


@dataclass(frozen=True, kw_only=True)
class _End:
    """A VPC that is joined to another; `vpc_id` is None, and it has no table, before it is made."""

    names: Sequence[str]
    cidrs: Sequence[str]
    vpc_id: str | None = None
    tables: Sequence[str] = ()


def check_ranges(platform: DeployedPlatform, *, only: Collection[str] = ()) -> Iterator[Finding]:
    """Yields findings of each VPC that is not joined to the load balancer's yet.

    With `only`, of those of environments with these names.
    """
    configuration = platform.configuration
    if not configuration.has_portal:
        return
    balancer = _balancer(configuration)
    ends = [
        end
        for stack in stacks(configuration)
        if (end := _end(configuration, stack))
        and (not only or {*end.names} & {*only})
        and not platform.has(stack.id)
    ]
    if not any(each.vpc_id for each in (balancer, *ends)) or not ends:
        return
    ec2 = platform.session.client("ec2")
    actual = _actual_ranges(ec2, [each.vpc_id for each in (balancer, *ends) if each.vpc_id])
    routes = _routes(ec2, [table for each in (balancer, *ends) for table in each.tables])
    for end in ends:
        subject = f"Ranges of {', '.join(end.names)}"
        found = [
            *_overlaps(subject, end, balancer, actual),
            *_taken(subject, balancer, end, routes),
            *_taken(subject, end, balancer, routes),
        ]
        yield from found or [Finding(level=Level.OK, subject=subject)]


def _balancer(configuration: Configuration) -> _End:
    named = configuration.alb.named_vpc
    return _End(
        names=["the load balancer"],
        cidrs=[configuration.alb_vpc_cidr],
        vpc_id=configuration.alb.vpc_id,
        tables=named.route_table_ids if named else (),
    )


def _end(configuration: Configuration, stack: Stack) -> _End | None:
    """The VPC that a stack joins to the load balancer's."""
    match stack:
        case Stack(Kind.WAY, ExistingVpc(connectivity=connectivity) as vpc) if connectivity:
            return _End(
                names=[each.name for each in vpc.environments],
                cidrs=vpc.cidrs,
                vpc_id=vpc.vpc_id,
                tables=vpc.route_table_ids,
            )
        case Stack(Kind.ENVIRONMENT, NewEnvironment() as environment):
            network = environment_network(configuration, environment)
            way = configuration.connectivity_of(environment)
            if network.made and network.needs_way and not way.is_none:
                return _End(names=[environment.name], cidrs=[network.cidr])
    return None


def _actual_ranges(ec2: EC2Client, vpc_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """All ranges of existing VPCs; another check speaks of those that are not there."""
    pages = ec2.get_paginator("describe_vpcs").paginate(
        Filters=[{"Name": "vpc-id", "Values": sorted({*vpc_ids})}]
    )
    return {
        vpc["VpcId"]: [each["CidrBlock"] for each in vpc.get("CidrBlockAssociationSet", ())]
        for page in pages
        for vpc in page["Vpcs"]
    }


def _routes(ec2: EC2Client, tables: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """Where the routes of each table lead, by their ranges; a VPC's own are left out."""
    if not tables:
        return {}
    pages = ec2.get_paginator("describe_route_tables").paginate(
        Filters=[{"Name": "route-table-id", "Values": sorted({*tables})}]
    )
    return {
        table["RouteTableId"]: {
            route["DestinationCidrBlock"]: _target(route)
            for route in table["Routes"]
            if "DestinationCidrBlock" in route and route.get("GatewayId") != LOCAL
        }
        for page in pages
        for table in page["RouteTables"]
    }


def _target(route: Mapping[str, object]) -> str:
    ids = (value for key, value in route.items() if key.endswith("Id"))
    return str(next(ids, "nowhere"))


def _overlaps(
    subject: str, end: _End, balancer: _End, actual: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    mine, others = ({*each.cidrs, *actual.get(each.vpc_id or "", ())} for each in (end, balancer))
    pairs = [
        f"{one} and {other}"
        for one in sorted(mine)
        for other in sorted(others)
        if IPv4Network(one).overlaps(IPv4Network(other))
    ]
    if pairs and end.vpc_id != balancer.vpc_id:
        yield Finding(
            subject=subject,
            message=f"Its VPC and the load balancer's, which are going to be joined, overlap: "
            f"{'; '.join(pairs)}.",
            remedy="Take another range for the one that is made. Two VPCs that exist cannot be "
            'peered: take Connectivity {"Way": "None"}, and a way of your own.',
            code=Code.RANGES_OVERLAP,
        )


def _taken(
    subject: str, whose: _End, to: _End, routes: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    """Routes that are there already to a range, or to a part of it, which they take away."""
    taken = [
        f"{table} to {cidr} leads to {target}"
        for table in whose.tables
        for cidr, target in routes.get(table, {}).items()
        if any(IPv4Network(cidr).subnet_of(IPv4Network(each)) for each in to.cidrs)
    ]
    if taken:
        yield Finding(
            subject=subject,
            message=f"The route to {', '.join(to.names)} is taken: {'; '.join(taken)}.",
            remedy="Have these routes removed. If they lead to the right VPC already, "
            'Connectivity {"Way": "None"} keeps them, and makes nothing beside.',
            code=Code.ROUTE_TAKEN,
        )
