"""Routes between two VPCs, in the stack of their scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from aws_cdk import aws_ec2 as ec2
from constructs import Construct


@dataclass(frozen=True, kw_only=True)
class PeerVpc:
    """One side of a way: the VPC, its IPv4 ranges and the route tables that get a route.

    `cidr` is the range of the routes that are there without `more_cidrs`, which keep their ids.

    `route_tables` are their ids, by what each is within the VPC: it becomes part of the routes'
    construct ids. A number would move to another table with the list, and CloudFormation, which
    creates before it deletes, would find the route there already.
    """

    vpc_id: str
    cidr: str
    route_tables: Mapping[str, str]
    more_cidrs: Sequence[str] = ()

    @classmethod
    def from_subnets(cls, subnets: Sequence[ec2.ISubnet], *, vpc: ec2.IVpc, cidr: str) -> Self:
        """Peer whose routes are those of some subnets of a VPC.

        `cidr` is the VPC's range as text, so that another stack can use it without an import.
        """
        tables = {subnet.node.id: subnet.route_table.route_table_id for subnet in subnets}
        return cls(vpc_id=vpc.vpc_id, cidr=cidr, route_tables=tables)


def add_routes(
    scope: Construct, *, requester: PeerVpc, accepter: PeerVpc, **target: str
) -> list[ec2.CfnRoute]:
    """Adds a route to each range of the other side in each route table of both sides.

    `target` is the property of AWS::EC2::Route that says where they lead. A route keeps its logical
    id with another one, and CloudFormation then changes it in place: a second route to the same
    range would be refused while the first is there.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-route.html
    """
    sides = (
        ("ToAccepter", requester.route_tables, accepter),
        ("ToRequester", accepter.route_tables, requester),
    )
    return [
        ec2.CfnRoute(
            scope,
            f"{construct_id}{name}{suffix}",
            route_table_id=route_table_id,
            destination_cidr_block=destination,
            **target,
        )
        for construct_id, tables, other in sides
        for name, route_table_id in tables.items()
        for suffix, destination in _destinations(other)
    ]


def _destinations(vpc: PeerVpc) -> list[tuple[str, str]]:
    """The ranges of a VPC, with what each adds to the ids of its routes."""
    return [("", vpc.cidr), *((f"-{cidr}", cidr) for cidr in vpc.more_cidrs)]
