"""Peering of two VPCs of the same account and Region."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from mwaa_platform.network.routes import PeerVpc, add_routes


class VpcPeering(Construct):
    """Peering connection and the routes of both sides, all in the stack of this construct."""

    def __init__(
        self, scope: Construct, construct_id: str, *, requester: PeerVpc, accepter: PeerVpc
    ) -> None:
        """Adds the connection and a route to the other side's range in each route table."""
        super().__init__(scope, construct_id)
        connection = ec2.CfnVPCPeeringConnection(
            self, "Connection", vpc_id=requester.vpc_id, peer_vpc_id=accepter.vpc_id
        )
        add_routes(
            self, requester=requester, accepter=accepter, vpc_peering_connection_id=connection.ref
        )
