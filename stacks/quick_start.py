"""QuickStart: a load balancer in the VPC of one existing environment, with one role for all."""

from __future__ import annotations

from typing import Unpack

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from config.alb import QUICK_START_SESSION_HOURS
from config.model import Configuration
from config.quick_start import QuickStart
from config.watch import Watch
from mwaa_platform.network.vpc import existing_subnets, existing_vpc
from mwaa_platform.sign_in.access_policy import FixedRoleAccess
from mwaa_platform.sign_in.authenticator import PortalEnvironment
from mwaa_platform.sign_in.endpoint_targets import EndpointTargets
from mwaa_platform.sign_in.listener_rules import add_quick_start_rules
from mwaa_platform.sign_in.load_balancer_protection import LoadBalancerProtection
from mwaa_platform.sign_in.web_server import web_server_target_group
from mwaa_platform.sign_in.web_server_ingress import WebServerIngress
from stacks.alarms import (
    audit_alarms,
    authenticator_alarms,
    entrance_alarms,
    host_alarms,
    watch_sign_in,
)
from stacks.alb import add_alb, add_record, add_sign_in_listener
from stacks.platform_stack import PlatformStack, StackProps

NAME_SUFFIX = "qs"
"""Distinguishes its roles and target group from those of the Sso stack, of the same AppName."""


class QuickStartStack(PlatformStack):
    """Stack whose load balancer forwards to the environment's web server."""

    def __init__(
        self,
        scope: Construct,
        *,
        configuration: Configuration,
        settings: QuickStart,
        watch: Watch | None = None,
        **props: Unpack[StackProps],
    ) -> None:
        super().__init__(scope, **props)
        vpc = existing_vpc(self, "Vpc", settings.vpc_id)
        web_servers, targets = _web_servers(self, settings, vpc)
        alb = add_alb(
            self,
            configuration,
            vpc=vpc,
            subnets=existing_subnets(self, settings.subnet_ids),
            security_group=_security_group(self, settings),
        )
        if targets:
            cdk.CfnOutput(self, "UiTargetsLogGroup", value=targets.log_group_name)
        ingress = _keep_way(self, configuration, settings, alb.security_group)
        # With a portal the host that people open is the portal's.
        host = None if configuration.has_portal else configuration.alb.domain_name
        sign_in = add_sign_in_listener(
            self,
            configuration,
            alb,
            name_prefix=f"{configuration.app_name}-{NAME_SUFFIX}",
            environments=[PortalEnvironment(name=settings.mwaa_environment_name)],
            access_policy=FixedRoleAccess(airflow_role=settings.rbac_role_name),
            client=configuration.quick_start_client,
            target_group=web_servers,
            portal_host=host,
            session_hours=QUICK_START_SESSION_HOURS,
        )
        # With it the load balancer begins to look whether targets are healthy.
        sign_in.listener.node.add_dependency(
            *(each.resource for each in (targets, ingress) if each is not None)
        )
        add_quick_start_rules(
            self,
            listener=sign_in.listener,
            oidc_action=sign_in.oidc_action,
            web_servers=web_servers,
            authenticator=sign_in.authenticator.target_group,
            host=host,
        )
        if host:
            add_record(self, configuration.alb, alb)
        watch_sign_in(
            self,
            watch,
            about=f"Signing in to environment {settings.mwaa_environment_name}",
            alarms=[
                *entrance_alarms(alb.full_name),
                *authenticator_alarms(sign_in.authenticator, alb.full_name),
                *host_alarms(
                    load_balancer=alb.full_name,
                    web_servers=web_servers,
                    finder=targets.function_name if targets else None,
                    keeper=ingress.function_name if ingress else None,
                ),
                # Beside a portal its stack has those.
                *([] if configuration.has_portal else audit_alarms(configuration.app_name)),
            ],
        )
        LoadBalancerProtection(self, "Protection", load_balancer=alb.load_balancer)
        for output, value in {
            "Url": f"https://{host or alb.load_balancer.load_balancer_dns_name}/",
            "LoadBalancerArn": alb.load_balancer.load_balancer_arn,
            "LoadBalancerDnsName": alb.load_balancer.load_balancer_dns_name,
            "LoadBalancerSecurityGroupId": alb.security_group.security_group_id,
            "UiTargetGroupArn": web_servers.target_group_arn,
            "AuthenticatorLogGroup": sign_in.authenticator.log_group.log_group_name,
        }.items():
            cdk.CfnOutput(self, output, value=value)


def _web_servers(
    scope: Construct, settings: QuickStart, vpc: ec2.IVpc
) -> tuple[elbv2.ApplicationTargetGroup, EndpointTargets | None]:
    """Target group of the configured addresses, or of the endpoint that is looked up.

    The two have different ids, so that a change from one to the other leaves no former target.
    """
    if settings.mwaa_endpoint_ips:
        target_group = web_server_target_group(
            scope,
            "GivenWebServers",
            vpc=vpc,
            airflow_major=None,
            addresses=settings.mwaa_endpoint_ips,
        )
        return target_group, None
    target_group = web_server_target_group(scope, "WebServers", vpc=vpc, airflow_major=None)
    targets = EndpointTargets(
        scope,
        "Endpoint",
        environment_name=settings.mwaa_environment_name,
        target_group=target_group,
        vpc=vpc,
    )
    return target_group, targets


def _keep_way(
    stack: cdk.Stack,
    configuration: Configuration,
    settings: QuickStart,
    security_group: ec2.ISecurityGroup,
) -> WebServerIngress | None:
    """Lets the load balancer in, unless it has a given security group, whose rules are given."""
    if settings.security_group_id:
        return None
    source = security_group.security_group_id
    ingress = WebServerIngress(
        stack,
        "FromLoadBalancer",
        environment_name=settings.mwaa_environment_name,
        source=source,
        vpc_id=settings.vpc_id,
        tags=configuration.tags,
    )
    cdk.CfnOutput(stack, "UiIngressSource", value=source)
    cdk.CfnOutput(stack, "UiIngressLogGroup", value=ingress.log_group_name)
    return ingress


def _security_group(scope: Construct, settings: QuickStart) -> ec2.ISecurityGroup | None:
    if not settings.security_group_id:
        return None
    return ec2.SecurityGroup.from_security_group_id(
        scope, "SecurityGroup", settings.security_group_id, mutable=False
    )
