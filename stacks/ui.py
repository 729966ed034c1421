"""Ui-<name>: an environment under a host name of its own."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from config.environments import ExistingEnvironment
from config.new_environment import NewEnvironment
from mwaa.versions import major_version
from mwaa_platform.sign_in.endpoint_targets import EndpointTargets
from mwaa_platform.sign_in.web_server_ingress import WebServerIngress
from mwaa_platform.sign_in.web_server_ui import UiEntrance, WebServerUi
from stacks.platform_stack import PlatformStack


class UiStack(PlatformStack):
    """Not in the environment's own stack: what fails here must not undo what took half an hour.

    To an existing environment it adds one rule of its security group, and nothing else.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: ExistingEnvironment | NewEnvironment,
        host: str,
        priority: int,
        session_cookie_name: str,
        entrance: UiEntrance,
        alb_vpc_cidr: str,
        **stack: Any,
    ) -> None:
        super().__init__(scope, construct_id, **stack)
        version = settings.airflow_version
        ui = WebServerUi(
            self,
            "Ui",
            entrance=entrance,
            host=host,
            priority=priority,
            environment_name=settings.name,
            airflow_major=major_version(version) if version else None,
            session_cookie_name=session_cookie_name,
        )
        cdk.CfnOutput(self, "UiUrl", value=f"https://{host}/")
        cdk.CfnOutput(self, "UiTargetGroupArn", value=ui.target_group.target_group_arn)
        if isinstance(settings, ExistingEnvironment):
            self._let_in(ui.targets, alb_vpc_cidr)

    def _let_in(self, targets: EndpointTargets, alb_vpc_cidr: str) -> None:
        """Let the load balancer's VPC in to the web server.

        A group of another VPC can be named only where the two are peered, and a rule by range fails
        where the security group has it already: by hand, or for an environment beside this.
        """
        own_range = ec2.CfnPrefixList(
            self,
            "LoadBalancerVpc",
            prefix_list_name=f"{self.stack_name}-load-balancer",
            address_family="IPv4",
            max_entries=1,
            entries=[ec2.CfnPrefixList.EntryProperty(cidr=alb_vpc_cidr)],
        )
        WebServerIngress(
            self,
            "FromLoadBalancer",
            security_group_id=targets.security_group_id,
            peer=ec2.Peer.prefix_list(own_range.attr_prefix_list_id),
        )
