"""The load balancer that people open: it signs them in before anything else."""

from __future__ import annotations

from collections.abc import Sequence

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from mwaa.ranges import EVERYWHERE
from mwaa_platform.nag import acknowledge
from mwaa_platform.sign_in.access_logs import write_access_logs
from mwaa_platform.sign_in.listener_rules import PATHS_WITHOUT_SIGN_IN, SIGN_OUT
from mwaa_platform.sign_in.oidc_action import SignIn


@jsii.implements(ec2.IConnectable)
class SignInLoadBalancer(Construct):
    """An HTTPS listener that lets nobody past without a sign-in, but on the paths for signing out.

    Port 80 only redirects. Headers that are not valid are dropped, the load balancer cannot be
    deleted by mistake, and every request is logged.
    """

    load_balancer: elbv2.ApplicationLoadBalancer
    security_group: ec2.ISecurityGroup

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        internet_facing: bool = False,
        allowed_cidrs: Sequence[str] = (),
        security_group: ec2.ISecurityGroup | None = None,
        log_bucket: s3.IBucket,
        log_prefix: str,
        web_acl_arn: str | None = None,
    ) -> None:
        """Without a security group one is made, which `allowed_cidrs` may connect to."""
        super().__init__(scope, construct_id)
        self.security_group = security_group or _security_group(self, vpc, allowed_cidrs)
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=list(subnets)),
            internet_facing=internet_facing,
            security_group=self.security_group,
            deletion_protection=True,
            drop_invalid_header_fields=True,
        )
        write_access_logs(self.load_balancer, bucket=log_bucket, prefix=log_prefix)
        if web_acl_arn:
            wafv2.CfnWebACLAssociation(
                self,
                "WebAcl",
                resource_arn=self.load_balancer.load_balancer_arn,
                web_acl_arn=web_acl_arn,
            )
        _redirect_to_https(self.load_balancer)

    @property
    def connections(self) -> ec2.Connections:
        """Those of the load balancer, for which people are let in and targets let it in."""
        return self.load_balancer.connections

    def serve(
        self,
        target_group: elbv2.IApplicationTargetGroup,
        *,
        signing_out: elbv2.IApplicationTargetGroup,
        sign_in: SignIn,
        certificate: elbv2.IListenerCertificate,
    ) -> elbv2.ApplicationListener:
        """Listen on 443 and forward people who signed in to the target group.

        The pages of `signing_out` need no sign-in.
        """
        listener = self.load_balancer.add_listener(
            "Https",
            port=443,
            open=False,
            certificates=[certificate],
            ssl_policy=elbv2.SslPolicy.TLS13_RES,
            default_action=sign_in.before(target_group),
        )
        listener.add_action(
            "WithoutSignIn",
            priority=SIGN_OUT,
            conditions=[elbv2.ListenerCondition.path_patterns(list(PATHS_WITHOUT_SIGN_IN))],
            action=elbv2.ListenerAction.forward([signing_out]),
        )
        return listener


def _redirect_to_https(load_balancer: elbv2.ApplicationLoadBalancer) -> None:
    to_https = elbv2.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True)
    load_balancer.add_listener("Http", port=80, open=False, default_action=to_https)


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
        ec2.Peer.any_ipv4(),
        ec2.Port.tcp(443),
        "Token and user info endpoints of the provider",
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
