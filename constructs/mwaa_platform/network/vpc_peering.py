"""Peering of two VPCs of the same account and Region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from aws_cdk import aws_ec2 as ec2
from constructs import Construct


@dataclass(frozen=True, kw_only=True)
class PeerVpc:
    """One side of a peering: the VPC, its IPv4 range and the route tables that get a route.

    `route_tables` are their ids, by what each is within the VPC: it becomes part of the routes'
    construct ids. A number would move to another table with the list, and CloudFormation, which
    creates before it deletes, would find the route there already.
    """

    vpc_id: str
    cidr: str
    route_tables: Mapping[str, str]

    @classmethod
    def from_subnets(cls, subnets: Sequence[ec2.ISubnet], *, vpc: ec2.IVpc, cidr: str) -> Self:
        """Peer whose routes are those of some subnets of a VPC.

        `cidr` is the VPC's range as text, so that another stack can use it without an import.
        """
        tables = {subnet.node.id: subnet.route_table.route_table_id for subnet in subnets}
        return cls(vpc_id=vpc.vpc_id, cidr=cidr, route_tables=tables)


class VpcPeering(Construct):
    """Peering connection and the routes of both sides, all in the stack of this construct."""

    def __init__(
        self, scope: Construct, construct_id: str, *, requester: PeerVpc, accepter: PeerVpc
    ) -> None:
        """Adds the connection and a route to the other side's range in each route table."""
        super().__init__(scope, construct_id)
        self._connection = ec2.CfnVPCPeeringConnection(
            self, "Connection", vpc_id=requester.vpc_id, peer_vpc_id=accepter.vpc_id
        )
        self._add_routes("ToAccepter", requester.route_tables, accepter.cidr)
        self._add_routes("ToRequester", accepter.route_tables, requester.cidr)

    def _add_routes(
        self, construct_id: str, route_tables: Mapping[str, str], destination: str
    ) -> None:
        for name, route_table_id in route_tables.items():
            ec2.CfnRoute(
                self,
                f"{construct_id}{name}",
                route_table_id=route_table_id,
                destination_cidr_block=destination,
                vpc_peering_connection_id=self._connection.ref,
            )
