"""The private web server of an environment as what a load balancer forwards to."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_elasticloadbalancingv2_targets as elbv2_targets
from constructs import Construct

from mwaa.versions import web_login_path

HTTPS = 443


def web_server_target_group(
    scope: Construct,
    construct_id: str,
    *,
    vpc: ec2.IVpc,
    airflow_major: int | None,
    addresses: Sequence[str] = (),
) -> elbv2.ApplicationTargetGroup:
    """A target group of web servers, without targets unless `addresses` of `vpc` are given.

    It has no name of its own, so that one that must be replaced is made before the former goes.
    """
    return elbv2.ApplicationTargetGroup(
        scope,
        construct_id,
        vpc=vpc,
        target_type=elbv2.TargetType.IP,
        protocol=elbv2.ApplicationProtocol.HTTPS,
        port=HTTPS,
        targets=[elbv2_targets.IpTarget(address, HTTPS) for address in addresses],
        health_check=elbv2.HealthCheck(
            protocol=elbv2.Protocol.HTTPS,
            path=web_login_path(airflow_major) if airflow_major else "/",
            # AWS names 200 and 302. Where a path moves between Airflow's versions the answer is
            # another redirect; refusals and failures stay unhealthy.
            healthy_http_codes="200-399",
            interval=cdk.Duration.seconds(30),
            timeout=cdk.Duration.seconds(10),
        ),
        deregistration_delay=cdk.Duration.seconds(60),
    )
