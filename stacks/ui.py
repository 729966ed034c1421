"""Ui-<name>: an existing environment under a host name of its own."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from config.environments import ExistingEnvironment
from mwaa_platform.airflow_versions import major_version
from mwaa_platform.web_server_target_group import HTTPS
from mwaa_platform.web_server_ui import UiEntrance, WebServerUi
from stacks.platform_stack import PlatformStack


class UiStack(PlatformStack):
    """Adds to the environment one rule of its security group, and nothing else."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: ExistingEnvironment,
        host: str,
        priority: int,
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
        )
        # By range: a group of another VPC can be named only where the two are peered.
        ec2.CfnSecurityGroupIngress(
            self,
            "FromLoadBalancer",
            group_id=ui.targets.security_group_id,
            cidr_ip=alb_vpc_cidr,
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            description="Load balancer that signs people in",
        )
