"""Sso: the load balancer that people open and the authenticator behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from config.model import Configuration
from config.sign_in import Alb
from mwaa_platform.authenticator import Authenticator
from mwaa_platform.grants_table import GrantsTable
from mwaa_platform.host_name import alias_record
from mwaa_platform.sign_in_load_balancer import SignInLoadBalancer
from mwaa_platform.vpc import PlatformVpc, named_subnets, named_vpc
from mwaa_platform.web_server_ui import UiEntrance
from stacks.entrance import certificate_arn, listed, log_bucket, sign_in, signed_in
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
        vpc: PlatformVpc | None,
        grants: GrantsTable,
        **stack: Any,
    ) -> None:
        """Without `vpc` the load balancer stands in the one that the configuration names."""
        super().__init__(scope, construct_id, **stack)
        alb = configuration.alb
        own_vpc, subnets = _place(self, alb, vpc)
        entrance = SignInLoadBalancer(
            self,
            "Entrance",
            vpc=own_vpc,
            subnets=subnets,
            internet_facing=alb.internet_facing,
            allowed_cidrs=configuration.alb_ingress_cidrs,
            log_bucket=log_bucket(self, alb),
            log_prefix=alb.log_bucket_prefix,
            web_acl_arn=alb.web_acl_arn,
        )
        load_balancer = entrance.load_balancer
        authenticator = Authenticator(
            self,
            "Authenticator",
            platform=configuration.app_name,
            name_prefix=configuration.app_name,
            environments=listed(configuration),
            decision=grants,
            signed_in=signed_in(configuration, entrance),
            portal_host=alb.domain_name,
        )
        first = sign_in(configuration)
        listener = entrance.serve(
            authenticator.target_group,
            signing_out=authenticator.target_group,
            sign_in=first,
            certificate_arn=certificate_arn(self, alb, entrance),
        )
        self.ui_entrance = UiEntrance(
            load_balancer=load_balancer,
            listener=listener,
            authenticator=authenticator.target_group,
            vpc_id=own_vpc.vpc_id,
            sign_in=first,
            hosted_zone_id=alb.hosted_zone_id,
        )
        # An export that comes and goes with its users could not go: they are updated later.
        self.export_values(
            [
                listener.listener_arn,
                authenticator.target_group.target_group_arn,
                load_balancer.load_balancer_dns_name,
                load_balancer.load_balancer_canonical_hosted_zone_id,
            ]
        )
        self._output(alb, entrance, authenticator)

    def _output(self, alb: Alb, entrance: SignInLoadBalancer, authenticator: Authenticator) -> None:
        load_balancer = entrance.load_balancer
        if alb.domain_name and alb.hosted_zone_id:
            alias_record(
                self,
                "Record",
                host=alb.domain_name,
                hosted_zone_id=alb.hosted_zone_id,
                load_balancer=load_balancer,
            )
        if alb.domain_name:
            cdk.CfnOutput(self, "Url", value=f"https://{alb.domain_name}/")
        cdk.CfnOutput(self, "LoadBalancerArn", value=load_balancer.load_balancer_arn)
        cdk.CfnOutput(self, "LoadBalancerDnsName", value=load_balancer.load_balancer_dns_name)
        cdk.CfnOutput(self, "AuthenticatorLogGroup", value=authenticator.log_group.log_group_name)


def _place(
    scope: Construct, alb: Alb, vpc: PlatformVpc | None
) -> tuple[ec2.IVpc, Sequence[ec2.ISubnet]]:
    """The load balancer's VPC and its subnets there."""
    if vpc:
        return vpc, vpc.public_subnets if alb.internet_facing else vpc.all_private_subnets
    return named_vpc(scope, "Vpc", alb.vpc_id or ""), named_subnets(scope, alb.subnet_ids or ())
