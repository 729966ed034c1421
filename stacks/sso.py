"""Sso: the load balancer that people open and the authenticator behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from config.model import Configuration
from config.sign_in import NamedVpc
from mwaa_platform.network.vpc import PlatformVpc, named_subnets, named_vpc
from mwaa_platform.sign_in.decisions import TableDecision
from mwaa_platform.sign_in.grants_table import GrantsTable
from mwaa_platform.sign_in.web_server_ui import UiEntrance
from stacks.entrance import add_entrance, add_load_balancer, add_record, listed
from stacks.platform_stack import PlatformStack


class SsoStack(PlatformStack):
    """Grows with the number of environments by no more than their names."""

    ui_entrance: UiEntrance

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration: Configuration,
        vpc: PlatformVpc | NamedVpc,
        grants: GrantsTable,
        **stack: Any,
    ) -> None:
        super().__init__(scope, construct_id, **stack)
        alb = configuration.alb
        own_vpc, subnets = _place(self, vpc, internet_facing=alb.internet_facing)
        self._entrance = add_entrance(
            self,
            configuration,
            add_load_balancer(self, configuration, vpc=own_vpc, subnets=subnets),
            name_prefix=configuration.app_name,
            environments=listed(configuration),
            decision=TableDecision(table=grants),
            portal_host=alb.domain_name,
        )
        self.ui_entrance = UiEntrance(
            load_balancer=self._entrance.balancer.load_balancer,
            listener=self._entrance.listener,
            authenticator=self._entrance.authenticator.target_group,
            vpc_id=own_vpc.vpc_id,
            sign_in=self._entrance.sign_in,
            hosted_zone_id=alb.hosted_zone_id,
        )
        self._export()
        add_record(self, alb, self._entrance.balancer)
        self._output(alb.domain_name)

    def _export(self) -> None:
        """Export what `Ui-` stacks use, whether or not there is one.

        An export that comes and goes with its users could not go: they are updated later.
        """
        entrance = self.ui_entrance
        self.export_values(
            [
                entrance.listener.listener_arn,
                entrance.authenticator.target_group_arn,
                entrance.load_balancer.load_balancer_dns_name,
                entrance.load_balancer.load_balancer_canonical_hosted_zone_id,
            ]
        )

    def _output(self, host: str | None) -> None:
        load_balancer = self._entrance.balancer.load_balancer
        log_group = self._entrance.authenticator.log_group
        if host:
            cdk.CfnOutput(self, "Url", value=f"https://{host}/")
        cdk.CfnOutput(self, "LoadBalancerArn", value=load_balancer.load_balancer_arn)
        cdk.CfnOutput(self, "LoadBalancerDnsName", value=load_balancer.load_balancer_dns_name)
        cdk.CfnOutput(self, "AuthenticatorLogGroup", value=log_group.log_group_name)


def _place(
    scope: Construct, vpc: PlatformVpc | NamedVpc, *, internet_facing: bool
) -> tuple[ec2.IVpc, Sequence[ec2.ISubnet]]:
    """The load balancer's VPC and its subnets there."""
    if isinstance(vpc, NamedVpc):
        return named_vpc(scope, "Vpc", vpc.vpc_id), named_subnets(scope, vpc.subnet_ids)
    return vpc, vpc.public_subnets if internet_facing else vpc.all_private_subnets
