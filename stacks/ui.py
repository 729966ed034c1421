"""Ui-<name>: the host name of one environment on the load balancer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from config.environments import ExistingEnvironment
from config.model import AnyEnvironment, Configuration
from config.watch import Watch
from mwaa.versions import major_version
from mwaa_platform.sign_in.endpoint_targets import EndpointTargets
from mwaa_platform.sign_in.ui_host import UiAlb, UiHost
from mwaa_platform.sign_in.web_server_ingress import WebServerIngress
from stacks.alarms import watch_host
from stacks.platform_stack import PlatformStack, StackProps


class UiStack(PlatformStack):
    """Stack apart from the environment's own, whose creation of half an hour it must not roll back.

    It is deployed `after` the stack of a new environment, and that of the way to an existing VPC:
    before, no target is healthy. To the security group of an existing environment it adds one rule.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        configuration: Configuration,
        settings: AnyEnvironment,
        alb: UiAlb,
        after: Iterable[cdk.Stack],
        watch: Watch | None = None,
        **props: Unpack[StackProps],
    ) -> None:
        super().__init__(scope, **props)
        for each in after:
            self.add_stack_dependency(each)
        version = settings.airflow_version
        ui = UiHost(
            self,
            "Ui",
            alb=alb,
            host=str(settings.ui_host),
            index=configuration.ui_priority(settings),
            environment_name=settings.name,
            airflow_major=major_version(version) if version else None,
        )
        cdk.CfnOutput(self, "UiUrl", value=f"https://{settings.ui_host}/")
        cdk.CfnOutput(self, "UiTargetGroupArn", value=ui.target_group.target_group_arn)
        cdk.CfnOutput(self, "UiTargetsLogGroup", value=ui.targets.log_group_name)
        ingress = None
        if isinstance(settings, ExistingEnvironment):
            ingress = self._admit_alb(ui.targets, configuration)
            for rule in ui.rules:
                # With the first rule the load balancer begins to look whether targets are healthy.
                rule.node.add_dependency(ingress.resource)
        watch_host(
            self,
            watch,
            name=settings.name,
            load_balancer=alb.full_name,
            ui=ui,
            ingress=ingress,
        )

    def _admit_alb(
        self, targets: EndpointTargets, configuration: Configuration
    ) -> WebServerIngress:
        """Lets the load balancer's VPC in.

        A security group of another VPC can be the source only where the two are peered. A rule with
        a CIDR may be there already, of an operator or another stack, and a second one is refused; a
        prefix list of this stack's own is always new.
        """
        prefix_list = ec2.CfnPrefixList(
            self,
            "LoadBalancerVpc",
            prefix_list_name=f"{self.stack_name}-load-balancer",
            address_family="IPv4",
            max_entries=1,
            entries=[ec2.CfnPrefixList.EntryProperty(cidr=configuration.alb_vpc_cidr)],
        )
        source = prefix_list.attr_prefix_list_id
        ingress = WebServerIngress(
            self,
            "FromLoadBalancer",
            environment_name=targets.environment_name,
            source=source,
            vpc_id=targets.vpc_id,
            tags=configuration.tags,
        )
        cdk.CfnOutput(self, "UiIngressSource", value=source)
        cdk.CfnOutput(self, "UiIngressLogGroup", value=ingress.log_group_name)
        return ingress
