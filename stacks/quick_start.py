"""QuickStart: one existing environment behind a load balancer in its own VPC, under one role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from config.model import Configuration
from config.quick_start import QuickStart
from mwaa_platform.network.vpc import named_subnets, named_vpc
from mwaa_platform.sign_in.authenticator import ListedEnvironment
from mwaa_platform.sign_in.decisions import FixedRole
from mwaa_platform.sign_in.endpoint_targets import EndpointTargets
from mwaa_platform.sign_in.listener_rules import (
    DECISION,
    LOGIN,
    add_rule,
    asks_for_a_decision,
    brings_a_token,
)
from mwaa_platform.sign_in.web_server_ingress import WebServerIngress
from mwaa_platform.sign_in.web_server_target_group import web_server_target_group
from stacks.entrance import Entrance, add_entrance, add_load_balancer, add_record
from stacks.platform_stack import PlatformStack

NAME_MARK = "qs"
"""Tells its roles and target group from those of the Sso stack, which has the same AppName."""


class QuickStartStack(PlatformStack):
    """Every request passes the load balancer, and everybody who signs in enters under one role."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration: Configuration,
        settings: QuickStart,
        **stack: Any,
    ) -> None:
        super().__init__(scope, construct_id, **stack)
        vpc = named_vpc(self, "Vpc", settings.vpc_id)
        web_servers, targets = _web_servers(self, settings, vpc)
        balancer = add_load_balancer(
            self,
            configuration,
            vpc=vpc,
            subnets=named_subnets(self, settings.subnet_ids),
            security_group=_security_group(self, settings),
        )
        if targets:
            # An environment that is not there would leave a protected load balancer behind.
            balancer.load_balancer.node.add_dependency(targets.resource)
            if not settings.security_group_id:
                WebServerIngress(
                    self,
                    "FromLoadBalancer",
                    security_group_id=targets.security_group_id,
                    peer=balancer.security_group,
                )
        entrance = add_entrance(
            self,
            configuration,
            balancer,
            name_prefix=f"{configuration.app_name}-{NAME_MARK}",
            environments=[ListedEnvironment(name=settings.mwaa_environment_name)],
            decision=FixedRole(airflow_role=settings.rbac_role_name),
            forward_to=web_servers,
        )
        _add_rules(self, entrance, web_servers)
        # With a portal the host that people open is the portal's.
        host = None if configuration.has_portal else configuration.alb.domain_name
        if host:
            add_record(self, configuration.alb, balancer)
        self._output(entrance, web_servers, host)

    def _output(
        self,
        entrance: Entrance,
        web_servers: elbv2.ApplicationTargetGroup,
        host: str | None,
    ) -> None:
        load_balancer = entrance.balancer.load_balancer
        name = host or load_balancer.load_balancer_dns_name
        for output, value in {
            "Url": f"https://{name}/",
            "LoadBalancerArn": load_balancer.load_balancer_arn,
            "LoadBalancerDnsName": load_balancer.load_balancer_dns_name,
            "LoadBalancerSecurityGroupId": entrance.balancer.security_group.security_group_id,
            "UiTargetGroupArn": web_servers.target_group_arn,
            "AuthenticatorLogGroup": entrance.authenticator.log_group.log_group_name,
        }.items():
            cdk.CfnOutput(self, output, value=value)


def _web_servers(
    scope: Construct, settings: QuickStart, vpc: ec2.IVpc
) -> tuple[elbv2.ApplicationTargetGroup, EndpointTargets | None]:
    """Two ids, so that changing from given to found addresses leaves no target of the other."""
    if settings.mwaa_endpoint_ips:
        given = web_server_target_group(
            scope,
            "GivenWebServers",
            vpc=vpc,
            airflow_major=None,
            addresses=settings.mwaa_endpoint_ips,
        )
        return given, None
    found = web_server_target_group(scope, "WebServers", vpc=vpc, airflow_major=None)
    targets = EndpointTargets(
        scope,
        "Endpoint",
        environment_name=settings.mwaa_environment_name,
        target_group=found,
        vpc=vpc,
    )
    return found, targets


def _security_group(scope: Construct, settings: QuickStart) -> ec2.ISecurityGroup | None:
    if not settings.security_group_id:
        return None
    return ec2.SecurityGroup.from_security_group_id(
        scope, "SecurityGroup", settings.security_group_id, mutable=False
    )


def _add_rules(
    scope: Construct, entrance: Entrance, web_servers: elbv2.IApplicationTargetGroup
) -> None:
    authenticator = entrance.authenticator.target_group
    rules: Sequence[tuple[str, int, list[elbv2.ListenerCondition], elbv2.IApplicationTargetGroup]]
    rules = (
        ("Login", LOGIN, [asks_for_a_decision(), brings_a_token()], web_servers),
        ("Decision", DECISION, [asks_for_a_decision()], authenticator),
    )
    for name, priority, conditions, target_group in rules:
        add_rule(
            scope,
            name,
            listener=entrance.listener,
            priority=priority,
            conditions=conditions,
            action=entrance.sign_in.before(target_group),
        )
