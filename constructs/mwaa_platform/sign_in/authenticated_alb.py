"""Application load balancer that signs people in, and the bucket of its access logs."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mwaa_platform.nag import acknowledge
from mwaa_platform.retention import RETAIN_ALWAYS
from mwaa_platform.sign_in.listener_rules import (
    OWN_HOST_PRIORITY,
    PUBLIC_PATHS,
    PUBLIC_PRIORITY,
    host_conditions,
    unknown_host,
)
from mwaa_platform.sign_in.oidc_action import OidcAction
from mwaa_platform.sign_in.web_acl import WebAcl

ACCESS_LOG_RETENTION = cdk.Duration.days(365)


class AccessLogBucket(s3.Bucket):
    """Bucket to which the load balancers of this account may write access logs, kept for a year.

    `log_access_logs` of the CDK would do this, but requires the Region at synthesis.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, prefix: str) -> None:
        """Adds the bucket; `prefix` is the load balancer's, without a slash at its end."""
        super().__init__(
            scope,
            construct_id,
            # The only encryption that load balancers support.
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[s3.LifecycleRule(expiration=ACCESS_LOG_RETENTION)],
            removal_policy=RETAIN_ALWAYS,
        )
        account = cdk.Stack.of(self).account
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LoadBalancersWriteLogs",
                principals=[iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
                actions=["s3:PutObject"],
                # The path limits it to this account, as in AWS's own policy. A condition on a key
                # that the service does not send would fail the creation of the load balancer.
                resources=[self.arn_for_objects(f"{prefix}/AWSLogs/{account}/*")],
            )
        )
        acknowledge(
            self, {"AwsSolutions-S1": "It holds access logs; logging their delivery adds nothing."}
        )


@jsii.implements(ec2.IConnectable)
class AuthenticatedAlb(Construct):
    """Load balancer whose HTTPS listener signs people in at its own host, with OIDC.

    Port 80 redirects to HTTPS. Invalid headers are dropped, and access logs are written. Protect it
    with `LoadBalancerProtection`, last.
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
        provider_ports: Collection[int] = (443,),
        security_group: ec2.ISecurityGroup | None = None,
        log_bucket: s3.IBucket,
        log_prefix: str,
        web_acl_arn: str | None = None,
    ) -> None:
        """Adds the load balancer without its HTTPS listener.

        - `vpc`, `subnets`: at least two subnets, in two Availability Zones.
        - `internet_facing`: whether it has public addresses; False by default.
        - `allowed_cidrs`: IPv4 ranges that the new security group admits; none by default.
        - `provider_ports`: of the provider's token and userinfo endpoints, which the new security
          group opens; 443 by default.
        - `security_group`: an existing one, instead of a new one.
        - `log_bucket`, `log_prefix`: destination of the access logs, whose policy admits them.
        - `web_acl_arn`: of AWS WAF; none by default.
        """
        super().__init__(scope, construct_id)
        self.security_group = security_group or _security_group(
            self, vpc, allowed_cidrs, provider_ports
        )
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=list(subnets)),
            internet_facing=internet_facing,
            security_group=self.security_group,
            drop_invalid_header_fields=True,
        )
        # The CDK writes false, which would end the protection with each change of an attribute.
        self.load_balancer.remove_attribute("deletion_protection.enabled")
        self._write_access_logs(log_bucket, log_prefix)
        if web_acl_arn:
            WebAcl(
                self,
                "WebAcl",
                load_balancer_arn=self.load_balancer.load_balancer_arn,
                web_acl_arn=web_acl_arn,
            )
        to_https = elbv2.ListenerAction.redirect(protocol="HTTPS", port="443", permanent=True)
        self.load_balancer.add_listener("Http", port=80, open=False, default_action=to_https)

    @property
    def connections(self) -> ec2.Connections:
        """Connections of the load balancer."""
        return self.load_balancer.connections

    @property
    def full_name(self) -> str:
        """The end of its ARN, as metrics name it."""
        return self.load_balancer.load_balancer_full_name

    def add_https_listener(
        self,
        *,
        certificate: elbv2.IListenerCertificate,
        oidc_action: OidcAction,
        target_group: elbv2.IApplicationTargetGroup,
        public_target_group: elbv2.IApplicationTargetGroup,
        host: str | None = None,
    ) -> elbv2.ApplicationListener:
        """Adds the listener on port 443.

        - `target_group`: receives authenticated requests.
        - `public_target_group`: receives the requests for `PUBLIC_PATHS`, unauthenticated.
        - `host`: the host name that people open; requests for any other get status 400. By default
          every host name is the one.
        """
        sign_in = oidc_action.then_forward(target_group)
        listener = self._add_listener(certificate, unknown_host() if host else sign_in)
        own_host = host_conditions(host)
        listener.add_action(
            "WithoutSignIn",
            priority=PUBLIC_PRIORITY,
            conditions=[*own_host, elbv2.ListenerCondition.path_patterns(list(PUBLIC_PATHS))],
            action=elbv2.ListenerAction.forward([public_target_group]),
        )
        if own_host:
            listener.add_action(
                "OwnHost", priority=OWN_HOST_PRIORITY, conditions=own_host, action=sign_in
            )
        return listener

    def add_gate_listener(
        self, *, certificate: elbv2.IListenerCertificate
    ) -> elbv2.ApplicationListener:
        """Adds a listener on port 443 that serves no host but those to which rules are added."""
        return self._add_listener(certificate, unknown_host())

    def _add_listener(
        self, certificate: elbv2.IListenerCertificate, default_action: elbv2.ListenerAction
    ) -> elbv2.ApplicationListener:
        return self.load_balancer.add_listener(
            "Https",
            port=443,
            open=False,
            certificates=[certificate],
            ssl_policy=elbv2.SslPolicy.TLS13_RES,
            default_action=default_action,
        )

    def _write_access_logs(self, bucket: s3.IBucket, prefix: str) -> None:
        self.load_balancer.set_attribute("access_logs.s3.enabled", "true")
        self.load_balancer.set_attribute("access_logs.s3.bucket", bucket.bucket_name)
        self.load_balancer.set_attribute("access_logs.s3.prefix", prefix)
        if bucket.policy:
            # Without it the attributes are refused.
            self.load_balancer.node.add_dependency(bucket.policy)


def _security_group(
    scope: Construct,
    vpc: ec2.IVpc,
    allowed_cidrs: Sequence[str],
    provider_ports: Collection[int],
) -> ec2.SecurityGroup:
    security_group = ec2.SecurityGroup(
        scope,
        "SecurityGroup",
        vpc=vpc,
        description="Load balancer that signs people in",
        allow_all_outbound=False,
    )
    for cidr in allowed_cidrs:
        for port, description in ((443, "People signing in"), (80, "Redirected to HTTPS")):
            security_group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(port), description)
    for port in sorted({*provider_ports}):
        security_group.add_egress_rule(
            ec2.Peer.any_ipv4(),
            ec2.Port.tcp(port),
            "Token and user info endpoints of the provider",
        )
    if ec2.Peer.any_ipv4().unique_id in allowed_cidrs:
        acknowledge(
            security_group,
            {
                "AwsSolutions-EC23": "The configuration opens the load balancer to the internet; "
                "the portal asks for a sign-in, and an environment's host leads to Airflow's own."
            },
        )
    return security_group
