"""A private environment under a host name of its own, served by the load balancer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from mwaa_platform.network.vpc import named_vpc
from mwaa_platform.sign_in.dns import alias_record, host_certificate
from mwaa_platform.sign_in.endpoint_targets import EndpointTargets
from mwaa_platform.sign_in.listener_rules import (
    DECISION,
    EVERYTHING,
    LOGIN,
    add_rule,
    asks_for_a_decision,
    brings_a_token,
    host_is,
)
from mwaa_platform.sign_in.oidc_action import SignIn
from mwaa_platform.sign_in.web_server_target_group import web_server_target_group


@dataclass(frozen=True, kw_only=True)
class UiEntrance:
    """The load balancer that serves environments, and the zone for their hosts, if one is named."""

    load_balancer: elbv2.IApplicationLoadBalancer
    listener: elbv2.IApplicationListener
    authenticator: elbv2.IApplicationTargetGroup
    vpc_id: str
    sign_in: SignIn
    hosted_zone_id: str | None = None


class WebServerUi(Construct):
    """People who signed in reach the environment's web servers under `host`.

    All of it stands in the stack of this construct, so that an environment comes and goes without
    the load balancer's stack. The load balancer sends its session cookie on to web servers, whose
    plugins a team writes: a cookie with a name of the host's own is good at no other host's rules.
    """

    target_group: elbv2.ApplicationTargetGroup
    targets: EndpointTargets

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        entrance: UiEntrance,
        host: str,
        priority: int,
        environment_name: str,
        airflow_major: int | None,
        session_cookie_name: str,
    ) -> None:
        """`priority` counts from 0; it and the cookie's name are this environment's alone."""
        super().__init__(scope, construct_id)
        vpc = named_vpc(self, "Vpc", entrance.vpc_id)
        self.target_group = web_server_target_group(
            self, "WebServers", vpc=vpc, airflow_major=airflow_major
        )
        self.targets = EndpointTargets(
            self,
            "Endpoint",
            environment_name=environment_name,
            target_group=self.target_group,
            vpc=vpc,
        )
        sign_in = replace(entrance.sign_in, session_cookie_name=session_cookie_name)
        self._forward(host, priority, entrance, sign_in)
        if entrance.hosted_zone_id:
            self._name(host, entrance, entrance.hosted_zone_id)

    def _forward(self, host: str, priority: int, entrance: UiEntrance, sign_in: SignIn) -> None:
        for name, first, conditions, forward_to in (
            ("Login", LOGIN, [asks_for_a_decision(), brings_a_token()], self.target_group),
            ("Decision", DECISION, [asks_for_a_decision()], entrance.authenticator),
            ("Everything", EVERYTHING, [], self.target_group),
        ):
            rule = add_rule(
                self,
                name,
                listener=entrance.listener,
                priority=first + priority,
                conditions=[host_is(host), *conditions],
                action=sign_in.before(forward_to),
            )
            # Nobody is sent there before there is an address.
            rule.node.add_dependency(self.targets.resource)

    def _name(self, host: str, entrance: UiEntrance, hosted_zone_id: str) -> None:
        certificate = host_certificate(
            self, "Certificate", host=host, hosted_zone_id=hosted_zone_id
        )
        elbv2.CfnListenerCertificate(
            self,
            "ListenerCertificate",
            listener_arn=entrance.listener.listener_arn,
            certificates=[
                elbv2.CfnListenerCertificate.CertificateProperty(
                    certificate_arn=certificate.certificate_arn
                )
            ],
        )
        alias_record(
            self,
            "Record",
            host=host,
            hosted_zone_id=hosted_zone_id,
            load_balancer=entrance.load_balancer,
        )
