"""The load balancer that people open: it signs them in and hands them to the authenticator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mwaa_platform.access_logs import write_access_logs
from mwaa_platform.acknowledgements import acknowledge

EVERYWHERE = "0.0.0.0/0"

PATHS_WITHOUT_SIGN_IN = ("/logout", "/signed-out", "/style.css")
"""Signing out must work, and must end, without a session."""


@dataclass(frozen=True, kw_only=True)
class OidcClient:
    """The client at the identity provider. The secret's whole text is the client's secret."""

    issuer: str
    client_id: str
    client_secret_arn: str
    authorization_endpoint: str
    token_endpoint: str
    user_info_endpoint: str
    scope: str = "openid email"


class SignInLoadBalancer(Construct):
    """An HTTPS listener that lets nobody past without a sign-in, but on the paths for signing out.

    Port 80 only redirects. Headers that are not valid are dropped, the load balancer cannot be
    deleted by mistake, and every request is logged.
    """

    load_balancer: elbv2.ApplicationLoadBalancer

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        internet_facing: bool = False,
        allowed_cidrs: Sequence[str],
        log_bucket: s3.IBucket,
        log_prefix: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._security_group = _security_group(self, vpc, allowed_cidrs)
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=list(subnets)),
            internet_facing=internet_facing,
            security_group=self._security_group,
            deletion_protection=True,
            drop_invalid_header_fields=True,
        )
        write_access_logs(self.load_balancer, bucket=log_bucket, prefix=log_prefix)
        self.load_balancer.add_listener(
            "Http",
            port=80,
            open=False,
            default_action=elbv2.ListenerAction.redirect(
                protocol="HTTPS", port="443", permanent=True
            ),
        )

    def serve(
        self,
        target_group: elbv2.IApplicationTargetGroup,
        *,
        client: OidcClient,
        certificate_arn: str,
        session_cookie_name: str,
        session_timeout: cdk.Duration,
    ) -> None:
        """Listen on 443 and forward people who signed in to the target group."""
        forward = elbv2.ListenerAction.forward([target_group])
        listener = self.load_balancer.add_listener(
            "Https",
            port=443,
            open=False,
            certificates=[elbv2.ListenerCertificate.from_arn(certificate_arn)],
            ssl_policy=elbv2.SslPolicy.TLS13_RES,
            default_action=elbv2.ListenerAction.authenticate_oidc(
                next=forward,
                issuer=client.issuer,
                client_id=client.client_id,
                client_secret=cdk.SecretValue.secrets_manager(client.client_secret_arn),
                authorization_endpoint=client.authorization_endpoint,
                token_endpoint=client.token_endpoint,
                user_info_endpoint=client.user_info_endpoint,
                scope=client.scope,
                session_cookie_name=session_cookie_name,
                session_timeout=session_timeout,
                on_unauthenticated_request=elbv2.UnauthenticatedAction.AUTHENTICATE,
                allow_https_outbound=False,  # the security group has the rule
            ),
        )
        listener.add_action(
            "WithoutSignIn",
            priority=10,
            conditions=[elbv2.ListenerCondition.path_patterns(list(PATHS_WITHOUT_SIGN_IN))],
            action=forward,
        )


def _security_group(
    scope: Construct, vpc: ec2.IVpc, allowed_cidrs: Sequence[str]
) -> ec2.SecurityGroup:
    security_group = ec2.SecurityGroup(
        scope,
        "SecurityGroup",
        vpc=vpc,
        description="Load balancer that signs people in",
        allow_all_outbound=False,
    )
    for cidr in allowed_cidrs:
        for port, what in ((443, "People signing in"), (80, "Redirected to HTTPS")):
            security_group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(port), what)
    security_group.add_egress_rule(
        ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "Token and user info endpoints of the provider"
    )
    if EVERYWHERE in allowed_cidrs:
        acknowledge(
            security_group,
            {
                "AwsSolutions-EC23": "The configuration opens the load balancer to the internet; "
                "who has not signed in gets no further than the pages for signing out."
            },
        )
    return security_group
