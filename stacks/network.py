"""Network: the load balancer's VPC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from constructs import Construct

from config.alb import NamedVpc
from config.model import Configuration
from config.network import CustomerVpc, VpcSettings
from config.ways import transit_gateway_ids
from mwaa_platform.network.routes import PeerVpc
from mwaa_platform.network.transit_gateway import attach_vpc
from mwaa_platform.network.vpc import PlatformVpc
from stacks.platform_stack import PlatformStack, StackProps


class NetworkStack(PlatformStack):
    """Stack that depends on the environments by their transit gateways alone."""

    vpc: PlatformVpc
    peer: PeerVpc

    def __init__(
        self,
        scope: Construct,
        *,
        settings: CustomerVpc,
        transit_gateway_ids: Sequence[str],
        **props: Unpack[StackProps],
    ) -> None:
        super().__init__(scope, **props)
        self.vpc = platform_vpc(self, settings, cidr=settings.vpc_cidr)
        # The load balancer is in the public or the private ones.
        subnets = [*self.vpc.all_private_subnets, *self.vpc.public_subnets]
        self.peer = PeerVpc.from_subnets(subnets, vpc=self.vpc, cidr=settings.vpc_cidr)
        for id_ in transit_gateway_ids:
            attach_vpc(
                self, transit_gateway_id=id_, vpc=self.vpc, subnets=self.vpc.all_private_subnets
            )
        self.export_values(
            [
                self.vpc.vpc_id,
                *(subnet.subnet_id for subnet in self.vpc.public_subnets),
                *(subnet.subnet_id for subnet in self.vpc.all_private_subnets),
                *self.peer.route_tables.values(),
            ]
        )


def alb_network(
    scope: Construct, configuration: Configuration, **props: Unpack[StackProps]
) -> tuple[PlatformVpc | NamedVpc, PeerVpc]:
    """The portal's VPC, existing or in a stack of its own, and its side of ways."""
    if vpc := configuration.alb.named_vpc:
        tables = {id_: id_ for id_ in vpc.route_table_ids}
        return vpc, PeerVpc(vpc_id=vpc.vpc_id, cidr=vpc.cidr, route_tables=tables)
    network = NetworkStack(
        scope,
        settings=configuration.alb_vpc,
        transit_gateway_ids=transit_gateway_ids(configuration),
        **props,
    )
    return network.vpc, network.peer


def platform_vpc(scope: Construct, settings: VpcSettings, *, cidr: str) -> PlatformVpc:
    """Adds the VPC that the settings describe, of the range `cidr`."""
    return PlatformVpc(
        scope,
        "Vpc",
        cidr=cidr,
        max_azs=settings.max_azs,
        nat_gateways=settings.nat_gateways,
        public_subnet_mask=settings.public_subnet_mask,
        private_subnet_mask=settings.private_subnet_mask,
    )
