"""VPCs of the load balancer and of each environment."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from mwaa_platform.nag import acknowledge
from mwaa_platform.retention import OPERATIONAL_LOGS, RETAIN

PRIVATE = "Private"
"""Name of the group of private subnets, and how their construct ids begin."""


class PlatformVpc(ec2.Vpc):
    """VPC with public subnets for NAT gateways and load balancers, and private subnets.

    It has flow logs and a gateway endpoint for S3; instances get no public address by default. The
    default security group, which nothing uses, keeps AWS's rules: closing it would take a function
    with permissions on every security group.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cidr: str,
        max_azs: int = 2,
        nat_gateways: int = 1,
        public_subnet_mask: int = 24,
        private_subnet_mask: int = 18,
    ) -> None:
        """Adds the VPC.

        - `cidr`: its IPv4 range.
        - `max_azs`: number of Availability Zones; 2 by default.
        - `nat_gateways`: 1 by default; with 0 the private subnets have no route to the internet.
        - `public_subnet_mask`, `private_subnet_mask`: prefix lengths; 24 and 18 by default.
        """
        super().__init__(
            scope,
            construct_id,
            ip_addresses=_FromBothEnds(cidr),
            max_azs=max_azs,
            nat_gateways=nat_gateways,
            restrict_default_security_group=False,
            subnet_configuration=[
                _public_subnets(public_subnet_mask),
                _private_subnets(private_subnet_mask, egress=nat_gateways > 0),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
        )
        flow_logs = logs.LogGroup(
            self, "FlowLogs", retention=OPERATIONAL_LOGS, removal_policy=RETAIN
        )
        flow_log = self.add_flow_log(
            "FlowLog", destination=ec2.FlowLogDestination.to_cloud_watch_logs(flow_logs)
        )
        # Its role's policy is another resource, and records of before it would be lost.
        flow_log.node.find_child("FlowLog").node.add_dependency(
            flow_log.node.find_child("IAMRole").node.find_child("DefaultPolicy")
        )

    @property
    def all_private_subnets(self) -> Sequence[ec2.ISubnet]:
        """Private subnets, with or without a route to a NAT gateway."""
        return self.select_subnets(subnet_group_name=PRIVATE).subnets


@jsii.implements(ec2.IIpAddresses)
class _FromBothEnds:
    """Ranges of public subnets from the VPC's beginning upwards, of private ones from its end down.

    So a subnet's range depends on its zone alone. The CDK's own layout puts private subnets behind
    all public ones: a zone more would give a public subnet the range of a private one, and move
    those, whose change replaces an environment.
    """

    def __init__(self, cidr: str) -> None:
        self._vpc = IPv4Network(cidr)

    def allocate_vpc_cidr(self) -> ec2.VpcIpamOptions:
        return ec2.VpcIpamOptions(cidr_block=str(self._vpc))

    def allocate_subnets_cidr(
        self,
        *,
        requested_subnets: Sequence[ec2.RequestedSubnet | dict[str, Any]],
        vpc_cidr: str,  # noqa: ARG002 - the interface has it
    ) -> ec2.SubnetIpamOptions:
        low, high = int(self._vpc.network_address), int(self._vpc.broadcast_address) + 1
        allocated = []
        for each in requested_subnets:
            requested = ec2.RequestedSubnet(**each) if isinstance(each, dict) else each
            mask = int(requested.configuration.cidr_mask or 0)
            size = 2 ** (self._vpc.max_prefixlen - mask)
            if requested.configuration.name == PRIVATE:
                high -= size
                first = high
            else:
                first, low = low, low + size
            allocated.append(ec2.AllocatedSubnet(cidr=f"{IPv4Address(first)}/{mask}"))
        return ec2.SubnetIpamOptions(allocated_subnets=allocated)


def _public_subnets(mask: int) -> ec2.SubnetConfiguration:
    return ec2.SubnetConfiguration(
        name="Public",
        subnet_type=ec2.SubnetType.PUBLIC,
        cidr_mask=mask,
        map_public_ip_on_launch=False,
    )


def _private_subnets(mask: int, *, egress: bool) -> ec2.SubnetConfiguration:
    subnet_types = ec2.SubnetType
    return ec2.SubnetConfiguration(
        name=PRIVATE,
        subnet_type=subnet_types.PRIVATE_WITH_EGRESS if egress else subnet_types.PRIVATE_ISOLATED,
        cidr_mask=mask,
    )


def existing_vpc(scope: Construct, construct_id: str, vpc_id: str) -> ec2.IVpc:
    """Existing VPC by its id, without a lookup."""
    zones = cdk.Stack.of(scope).availability_zones[:1]
    return ec2.Vpc.from_vpc_attributes(scope, construct_id, vpc_id=vpc_id, availability_zones=zones)


def existing_subnet(
    scope: Construct, construct_id: str, subnet_id: str, *, availability_zone: str
) -> ec2.ISubnet:
    """Existing subnet by its id and zone, without a lookup."""
    subnet = ec2.Subnet.from_subnet_attributes(
        scope, construct_id, subnet_id=subnet_id, availability_zone=availability_zone
    )
    _acknowledge_no_routes(subnet)
    return subnet


def existing_subnets(scope: Construct, subnet_ids: Sequence[str]) -> Sequence[ec2.ISubnet]:
    """Existing subnets by their ids, without a lookup."""
    subnets = [
        ec2.Subnet.from_subnet_id(scope, f"Subnet{number}", subnet_id)
        for number, subnet_id in enumerate(subnet_ids, start=1)
    ]
    for subnet in subnets:
        _acknowledge_no_routes(subnet)
    return subnets


def _acknowledge_no_routes(subnet: ec2.ISubnet) -> None:
    acknowledge(
        subnet,
        {"Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId": "Nothing reads its routes."},
    )
