"""Two VPCs joined by a transit gateway that exists."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from mwaa_platform.network.routes import PeerVpc, add_routes


class TransitGatewayRoutes(Construct):
    """Routes of both sides to the transit gateway, all in the stack of this construct."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        transit_gateway_id: str,
        requester: PeerVpc,
        accepter: PeerVpc,
        attachment: ec2.CfnTransitGatewayAttachment | None = None,
    ) -> None:
        """Adds a route to the other side's range in each route table.

        `attachment` is the one that this stack makes: EC2 refuses a route to a gateway to which the
        table's VPC is not attached.
        """
        super().__init__(scope, construct_id)
        for route in add_routes(
            self, requester=requester, accepter=accepter, transit_gateway_id=transit_gateway_id
        ):
            if attachment:
                route.add_resource_dependency(attachment)


def attach_vpc(
    scope: Construct, *, transit_gateway_id: str, vpc: ec2.IVpc, subnets: Sequence[ec2.ISubnet]
) -> ec2.CfnTransitGatewayAttachment:
    """Attaches a VPC to a transit gateway, by one of its subnets in each zone.

    By AWS::EC2::TransitGatewayAttachment, which takes a subnet more in place. The newer
    AWS::EC2::TransitGatewayVpcAttachment would be replaced, and a gateway takes no second
    attachment of one VPC.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-transitgatewayattachment.html
    """
    return ec2.CfnTransitGatewayAttachment(
        scope,
        f"Attachment-{transit_gateway_id}",
        transit_gateway_id=transit_gateway_id,
        vpc_id=vpc.vpc_id,
        subnet_ids=[subnet.subnet_id for subnet in subnets],
    )
