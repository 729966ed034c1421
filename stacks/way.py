"""Way-<VPC>: what joins one existing VPC with private web servers to the load balancer's VPC."""

from __future__ import annotations

from typing import Unpack

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from config.ways import ExistingVpc
from mwaa_platform.network.routes import PeerVpc
from mwaa_platform.network.transit_gateway import TransitGatewayRoutes
from mwaa_platform.network.vpc_peering import VpcPeering
from stacks.platform_stack import PlatformStack, StackProps

WAY = "Peering"
"""Part of the routes' logical ids, whatever the way: with another they must be the same."""
HTTPS = 443


class WayStack(PlatformStack):
    """Stack that changes nothing of the VPC but the routes and the rules that it adds."""

    def __init__(
        self,
        scope: Construct,
        *,
        vpc: ExistingVpc,
        alb_vpc: PeerVpc,
        **props: Unpack[StackProps],
    ) -> None:
        super().__init__(scope, **props)
        self._vpc = vpc
        if vpc.connectivity:
            self._join(alb_vpc, transit_gateway_id=vpc.connectivity.transit_gateway_id)
        if vpc.security_group_ids:
            self._admit(alb_vpc)

    def _join(self, alb_vpc: PeerVpc, *, transit_gateway_id: str | None) -> None:
        tables = {id_: id_ for id_ in self._vpc.route_table_ids}
        cidr, *more = self._vpc.cidrs
        requester = PeerVpc(
            vpc_id=self._vpc.vpc_id, cidr=cidr, more_cidrs=more, route_tables=tables
        )
        if transit_gateway_id:
            TransitGatewayRoutes(
                self,
                WAY,
                transit_gateway_id=transit_gateway_id,
                requester=requester,
                accepter=alb_vpc,
            )
        else:
            VpcPeering(self, WAY, requester=requester, accepter=alb_vpc)

    def _admit(self, alb_vpc: PeerVpc) -> None:
        """Lets the load balancer's VPC in.

        By a prefix list of this stack's own: a rule with the range may be there already, and EC2
        refuses a second one.
        """
        prefix_list = ec2.CfnPrefixList(
            self,
            "LoadBalancerVpc",
            prefix_list_name=f"{self.stack_name}-load-balancer",
            address_family="IPv4",
            max_entries=1,
            entries=[ec2.CfnPrefixList.EntryProperty(cidr=alb_vpc.cidr)],
        )
        rules = Construct(self, "Rules")
        for group in self._vpc.security_group_ids:
            ec2.CfnSecurityGroupIngress(
                rules,
                group,
                group_id=group,
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                source_prefix_list_id=prefix_list.attr_prefix_list_id,
                description="VPC of the load balancer, to the web server",
            )
