"""Gate: a load balancer that signs people in before they reach the hosts of environments."""

from __future__ import annotations

from typing import Unpack

import aws_cdk as cdk
from constructs import Construct

from config.alb import NamedVpc
from config.model import Configuration
from config.ui_gate import UiGate
from config.watch import Watch
from mwaa_platform.network.vpc import PlatformVpc
from mwaa_platform.sign_in.load_balancer_protection import LoadBalancerProtection
from mwaa_platform.sign_in.ui_host import UiAlb
from stacks.alarms import entrance_alarms, watch_sign_in
from stacks.alb import add_alb, alb_certificate, alb_subnets, oidc_action, ui_alb
from stacks.platform_stack import PlatformStack, StackProps


class GateStack(PlatformStack):
    """Stack without the authenticator: nothing here opens Airflow, whose web servers are behind it.

    The load balancer stands beside the portal's, with another client: what web servers see of
    their visitors is good for it alone.
    """

    ui_alb: UiAlb

    def __init__(
        self,
        scope: Construct,
        *,
        configuration: Configuration,
        settings: UiGate,
        vpc: PlatformVpc | NamedVpc,
        watch: Watch | None = None,
        **props: Unpack[StackProps],
    ) -> None:
        super().__init__(scope, **props)
        shared = configuration.alb
        alb_vpc, subnets = alb_subnets(self, vpc, internet_facing=shared.internet_facing)
        alb = add_alb(self, configuration, vpc=alb_vpc, subnets=subnets)
        listener = alb.add_gate_listener(
            certificate=alb_certificate(self, settings.certificate_arn or shared.certificate)
        )
        self.ui_alb = ui_alb(
            shared,
            alb,
            listener=listener,
            vpc_id=alb_vpc.vpc_id,
            gate=oidc_action(
                configuration,
                settings.client,
                session_cookie_name=f"{shared.session_cookie_name}-gate",
                session_hours=settings.session_timeout_hours,
            ),
        )
        # With or without a stack that imports them: this stack is updated before the last is gone.
        self.export_values(
            [
                listener.listener_arn,
                alb.load_balancer.load_balancer_dns_name,
                alb.load_balancer.load_balancer_canonical_hosted_zone_id,
                alb.full_name,
            ]
        )
        watch_sign_in(
            self,
            watch,
            about="Signing in to environments' hosts",
            alarms=entrance_alarms(alb.full_name),
        )
        LoadBalancerProtection(self, "Protection", load_balancer=alb.load_balancer)
        for output, value in {
            "LoadBalancerArn": alb.load_balancer.load_balancer_arn,
            "LoadBalancerDnsName": alb.load_balancer.load_balancer_dns_name,
        }.items():
            cdk.CfnOutput(self, output, value=value)
