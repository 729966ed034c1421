"""Host name of the load balancer under which it serves one private environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from mwaa_platform.network.vpc import existing_vpc
from mwaa_platform.sign_in.dns import alias_record, host_certificate
from mwaa_platform.sign_in.endpoint_targets import EndpointTargets
from mwaa_platform.sign_in.listener_rules import add_ui_host_rules
from mwaa_platform.sign_in.oidc_action import OidcAction
from mwaa_platform.sign_in.web_server import web_server_target_group


@dataclass(frozen=True, kw_only=True)
class UiAlb:
    """Load balancer that serves environments under host names.

    `full_name` is the end of its ARN, as metrics name it. `portal_host` is the host name at which
    people get a token; `gate` signs them in before they reach a web server, with a client that is
    not the portal's. With `hosted_zone_id`, hosts get a certificate and a record in that zone of
    Route 53; without, both are the operator's.
    """

    load_balancer: elbv2.IApplicationLoadBalancer
    full_name: str
    listener: elbv2.IApplicationListener
    vpc_id: str
    portal_host: str
    hosted_zone_id: str | None = None
    gate: OidcAction | None = None


class UiHost(Construct):
    """Target group, listener rules, and certificate and record of an environment's host name.

    All of them belong to the stack of this construct, so that environments come and go without an
    update of the load balancer's stack.
    """

    target_group: elbv2.ApplicationTargetGroup
    targets: EndpointTargets
    rules: Sequence[elbv2.ApplicationListenerRule]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alb: UiAlb,
        host: str,
        index: int,
        environment_name: str,
        airflow_major: int | None,
    ) -> None:
        """Adds the host.

        - `index`: number of the host among those of the load balancer, from 0; it gives the rules
          their priorities.
        - `airflow_major`: major version of Airflow, or None where it is unknown.
        """
        super().__init__(scope, construct_id)
        vpc = existing_vpc(self, "Vpc", alb.vpc_id)
        self.target_group = web_server_target_group(
            self,
            # A target group belongs to one load balancer, and the gate's is another.
            "GatedWebServers" if alb.gate else "WebServers",
            vpc=vpc,
            airflow_major=airflow_major,
        )
        self.targets = EndpointTargets(
            self,
            "Endpoint",
            environment_name=environment_name,
            target_group=self.target_group,
            vpc=vpc,
        )
        self.rules = add_ui_host_rules(
            self,
            listener=alb.listener,
            web_servers=self.target_group,
            environment_name=environment_name,
            host=host,
            portal_host=alb.portal_host,
            gate=alb.gate,
            index=index,
        )
        for rule in self.rules:
            # Requests are forwarded only once there is a target.
            rule.node.add_dependency(self.targets.resource)
        if alb.hosted_zone_id:
            self._add_name(host, alb, alb.hosted_zone_id)

    def _add_name(self, host: str, alb: UiAlb, hosted_zone_id: str) -> None:
        certificate = host_certificate(
            self, "Certificate", host=host, hosted_zone_id=hosted_zone_id
        )
        elbv2.CfnListenerCertificate(
            self,
            "ListenerCertificate",
            listener_arn=alb.listener.listener_arn,
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
            load_balancer=alb.load_balancer,
        )
