"""Private web server of an environment as a target of a load balancer."""

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
    """Adds a target group of web servers.

    Its name is generated, so that a replacement is created before the former is deleted.

    - `vpc`: the load balancer's.
    - `airflow_major`: major version of Airflow, or None where it is unknown.
    - `addresses`: private IPv4 addresses within `vpc`; none by default.
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
            # AWS names 200 and 302. A path that moved between versions of Airflow gives another
            # redirect; refusals and failures stay unhealthy.
            healthy_http_codes="200-399",
            interval=cdk.Duration.seconds(30),
            timeout=cdk.Duration.seconds(10),
        ),
        deregistration_delay=cdk.Duration.seconds(60),
    )
