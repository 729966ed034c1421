"""Sso: the load balancer of the portal and the authenticator behind it."""

from __future__ import annotations

from typing import Unpack

import aws_cdk as cdk
from constructs import Construct

from config.alb import NamedVpc
from config.model import Configuration
from config.watch import Watch
from mwaa_platform.network.vpc import PlatformVpc
from mwaa_platform.sign_in.access_policy import TableAccess
from mwaa_platform.sign_in.authenticated_alb import AuthenticatedAlb
from mwaa_platform.sign_in.grants_table import GrantsTable
from mwaa_platform.sign_in.load_balancer_protection import LoadBalancerProtection
from mwaa_platform.sign_in.team_decision import TeamDecision
from mwaa_platform.sign_in.ui_host import UiAlb
from stacks.alarms import (
    audit_alarms,
    authenticator_alarms,
    entrance_alarms,
    grants_alarm,
    watch_sign_in,
)
from stacks.alb import (
    SignInListener,
    add_alb,
    add_record,
    add_sign_in_listener,
    alb_subnets,
    portal_environments,
    ui_alb,
)
from stacks.dashboards import show_fleet
from stacks.platform_stack import PlatformStack, StackProps


class SsoStack(PlatformStack):
    """Stack that grows with the number of environments by their names alone."""

    ui_alb: UiAlb
    """Serves environments under host names of their own, which need a known one of the portal."""

    def __init__(
        self,
        scope: Construct,
        *,
        configuration: Configuration,
        vpc: PlatformVpc | NamedVpc,
        grants: GrantsTable,
        watch: Watch | None = None,
        **props: Unpack[StackProps],
    ) -> None:
        super().__init__(scope, **props)
        settings = configuration.alb
        alb_vpc, subnets = alb_subnets(self, vpc, internet_facing=settings.internet_facing)
        alb = add_alb(self, configuration, vpc=alb_vpc, subnets=subnets)
        sign_in = add_sign_in_listener(
            self,
            configuration,
            alb,
            name_prefix=configuration.app_name,
            environments=portal_environments(configuration),
            access_policy=TableAccess(table=grants, decision=_decision(configuration)),
            client=configuration.oidc.client,
            portal_host=settings.domain_name,
        )
        self.ui_alb = ui_alb(settings, alb, listener=sign_in.listener, vpc_id=alb_vpc.vpc_id)
        self._export_ui_alb(alb, sign_in)
        add_record(self, settings, alb)
        watch_sign_in(
            self,
            watch,
            about="Signing in",
            alarms=[
                *entrance_alarms(alb.full_name),
                *authenticator_alarms(sign_in.authenticator, alb.full_name),
                *audit_alarms(configuration.app_name),
                *grants_alarm(grants.function_name),
            ],
        )
        show_fleet(
            self,
            watch,
            configuration=configuration,
            load_balancer=alb.full_name,
            function_name=sign_in.authenticator.function_name,
        )
        LoadBalancerProtection(self, "Protection", load_balancer=alb.load_balancer)
        if settings.domain_name:
            cdk.CfnOutput(self, "Url", value=f"https://{settings.domain_name}/")
        for output, value in {
            "LoadBalancerArn": alb.load_balancer.load_balancer_arn,
            "LoadBalancerDnsName": alb.load_balancer.load_balancer_dns_name,
            "AuthenticatorLogGroup": sign_in.authenticator.log_group.log_group_name,
        }.items():
            cdk.CfnOutput(self, output, value=value)

    def _export_ui_alb(self, alb: AuthenticatedAlb, sign_in: SignInListener) -> None:
        """Exports what Ui stacks import, with or without such a stack.

        An export that only its importers created could not be deleted with the last of them: this
        stack is updated first. For the same reason it keeps the export of the target group, which
        Ui stacks of former versions import.
        """
        self.export_values(
            [
                sign_in.listener.listener_arn,
                sign_in.authenticator.target_group.target_group_arn,
                alb.load_balancer.load_balancer_dns_name,
                alb.load_balancer.load_balancer_canonical_hosted_zone_id,
                alb.full_name,
            ]
        )


def _decision(configuration: Configuration) -> TeamDecision | None:
    """The team's own decision."""
    decision = configuration.authenticator.decision
    if decision is None:
        return None
    return TeamDecision(
        module=decision.module,
        statements=[each.as_iam for each in decision.statements],
        variables=decision.variables,
    )
