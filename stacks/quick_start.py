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
from mwaa_platform.authenticator import Authenticator, ListedEnvironment
from mwaa_platform.endpoint_targets import EndpointTargets
from mwaa_platform.host_name import alias_record
from mwaa_platform.listener_rules import (
    DECISION,
    LOGIN,
    add_rule,
    asks_for_a_decision,
    brings_a_token,
)
from mwaa_platform.sign_in import SignIn
from mwaa_platform.sign_in_load_balancer import SignInLoadBalancer
from mwaa_platform.vpc import named_subnets, named_vpc
from mwaa_platform.web_server_target_group import HTTPS, web_server_target_group
from stacks.entrance import certificate_arn, log_bucket, sign_in, signed_in
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
        alb, prefix = configuration.alb, f"{configuration.app_name}-{NAME_MARK}"
        vpc = named_vpc(self, "Vpc", settings.vpc_id)
        web_servers, targets = _web_servers(self, settings, vpc)
        entrance = SignInLoadBalancer(
            self,
            "Entrance",
            vpc=vpc,
            subnets=named_subnets(self, settings.subnet_ids),
            internet_facing=alb.internet_facing,
            allowed_cidrs=configuration.alb_ingress_cidrs,
            security_group=_security_group(self, settings),
            log_bucket=log_bucket(self, alb),
            log_prefix=alb.log_bucket_prefix,
            web_acl_arn=alb.web_acl_arn,
        )
        if targets:
            # An environment that is not there would leave a protected load balancer behind.
            entrance.load_balancer.node.add_dependency(targets.resource)
            if not settings.security_group_id:
                _let_in(self, entrance.security_group, targets)
        authenticator = Authenticator(
            self,
            "Authenticator",
            platform=configuration.app_name,
            name_prefix=prefix,
            environments=[ListedEnvironment(name=settings.mwaa_environment_name)],
            decision=settings.rbac_role_name,
            signed_in=signed_in(configuration, entrance),
        )
        first = sign_in(configuration)
        listener = entrance.serve(
            web_servers,
            signing_out=authenticator.target_group,
            sign_in=first,
            certificate_arn=certificate_arn(self, alb, entrance),
        )
        _add_rules(self, listener, first, web_servers, authenticator.target_group)
        # With a portal the host that people open is the portal's.
        host = None if configuration.has_portal else alb.domain_name
        if host and alb.hosted_zone_id:
            alias_record(
                self,
                "Record",
                host=host,
                hosted_zone_id=alb.hosted_zone_id,
                load_balancer=entrance.load_balancer,
            )
        self._output(entrance, authenticator, web_servers, host)

    def _output(
        self,
        entrance: SignInLoadBalancer,
        authenticator: Authenticator,
        web_servers: elbv2.ApplicationTargetGroup,
        host: str | None,
    ) -> None:
        load_balancer = entrance.load_balancer
        name = host or load_balancer.load_balancer_dns_name
        for output, value in {
            "Url": f"https://{name}/",
            "LoadBalancerArn": load_balancer.load_balancer_arn,
            "LoadBalancerDnsName": load_balancer.load_balancer_dns_name,
            "LoadBalancerSecurityGroupId": entrance.security_group.security_group_id,
            "UiTargetGroupArn": web_servers.target_group_arn,
            "AuthenticatorLogGroup": authenticator.log_group.log_group_name,
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
        vpc_id=settings.vpc_id,
    )
    return found, targets


def _security_group(scope: Construct, settings: QuickStart) -> ec2.ISecurityGroup | None:
    if not settings.security_group_id:
        return None
    return ec2.SecurityGroup.from_security_group_id(
        scope, "SecurityGroup", settings.security_group_id, mutable=False
    )


def _let_in(scope: Construct, load_balancer: ec2.ISecurityGroup, targets: EndpointTargets) -> None:
    ec2.CfnSecurityGroupIngress(
        scope,
        "FromLoadBalancer",
        group_id=targets.security_group_id,
        source_security_group_id=load_balancer.security_group_id,
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        description="Load balancer that signs people in",
    )


def _add_rules(
    scope: Construct,
    listener: elbv2.IApplicationListener,
    first: SignIn,
    web_servers: elbv2.IApplicationTargetGroup,
    authenticator: elbv2.IApplicationTargetGroup,
) -> None:
    rules: Sequence[tuple[str, int, list[elbv2.ListenerCondition], elbv2.IApplicationTargetGroup]]
    rules = (
        ("Login", LOGIN, [asks_for_a_decision(), brings_a_token()], web_servers),
        ("Decision", DECISION, [asks_for_a_decision()], authenticator),
    )
    for name, priority, conditions, target_group in rules:
        add_rule(
            scope,
            name,
            listener=listener,
            priority=priority,
            conditions=conditions,
            action=first.before(target_group),
        )
