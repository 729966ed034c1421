"""The way in to a private web server through the security group that guards it."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from mwaa_platform.sign_in.web_server_target_group import HTTPS


class WebServerIngress(ec2.CfnSecurityGroupIngress):
    """A rule of its own on a security group of another's, whose other rules stay as they are."""

    def __init__(
        self, scope: Construct, construct_id: str, *, security_group_id: str, peer: ec2.IPeer
    ) -> None:
        """`peer` is the load balancer: its security group, or IPv4 ranges that it is in."""
        rule = peer.to_ingress_rule_config()
        super().__init__(
            scope,
            construct_id,
            group_id=security_group_id,
            source_security_group_id=rule.source_security_group_id,
            source_prefix_list_id=rule.source_prefix_list_id,
            cidr_ip=rule.cidr_ip,
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            description="Load balancer that signs people in",
        )
