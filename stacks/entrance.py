"""The entrance: what the stacks with a load balancer have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.model import Configuration
from config.sign_in import Alb
from mwaa_platform.sign_in.access_logs import AccessLogBucket
from mwaa_platform.sign_in.authenticator import (
    Authenticator,
    ListedEnvironment,
    SignedIn,
    public_key_endpoint,
)
from mwaa_platform.sign_in.decisions import Decision
from mwaa_platform.sign_in.dns import alias_record, host_certificate
from mwaa_platform.sign_in.load_balancer import SignInLoadBalancer
from mwaa_platform.sign_in.oidc_action import SignIn


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """A load balancer that signs people in, and the authenticator behind it."""

    balancer: SignInLoadBalancer
    authenticator: Authenticator
    listener: elbv2.ApplicationListener
    sign_in: SignIn


def add_load_balancer(
    scope: Construct,
    configuration: Configuration,
    *,
    vpc: ec2.IVpc,
    subnets: Sequence[ec2.ISubnet],
    security_group: ec2.ISecurityGroup | None = None,
) -> SignInLoadBalancer:
    """The load balancer that the configuration describes, with a bucket for its access logs.

    Without a security group one is made.
    """
    alb = configuration.alb
    return SignInLoadBalancer(
        scope,
        "Entrance",
        vpc=vpc,
        subnets=subnets,
        internet_facing=alb.internet_facing,
        allowed_cidrs=configuration.alb_ingress_cidrs,
        security_group=security_group,
        log_bucket=_log_bucket(scope, alb),
        log_prefix=alb.log_bucket_prefix,
        web_acl_arn=alb.web_acl_arn,
    )


def add_entrance(
    scope: Construct,
    configuration: Configuration,
    balancer: SignInLoadBalancer,
    *,
    name_prefix: str,
    environments: Sequence[ListedEnvironment],
    decision: Decision,
    forward_to: elbv2.IApplicationTargetGroup | None = None,
    portal_host: str | None = None,
) -> Entrance:
    """Sign people in, and forward them to the authenticator unless `forward_to` says to whom."""
    authenticator = Authenticator(
        scope,
        "Authenticator",
        platform=configuration.app_name,
        name_prefix=name_prefix,
        environments=environments,
        decision=decision,
        signed_in=_signed_in(configuration, balancer),
        portal_host=portal_host,
    )
    sign_in = _sign_in(configuration)
    listener = balancer.serve(
        forward_to or authenticator.target_group,
        signing_out=authenticator.target_group,
        sign_in=sign_in,
        certificate=_certificate(scope, configuration.alb, balancer),
    )
    return Entrance(
        balancer=balancer, authenticator=authenticator, listener=listener, sign_in=sign_in
    )


def add_record(scope: Construct, alb: Alb, balancer: SignInLoadBalancer) -> None:
    """Point the host that people open at the load balancer, where its hosted zone is named."""
    if alb.host_in_zone:
        alias_record(
            scope,
            "Record",
            host=alb.host_in_zone.host,
            hosted_zone_id=alb.host_in_zone.hosted_zone_id,
            load_balancer=balancer.load_balancer,
        )


def ui_session_cookie_name(alb: Alb, environment_name: str) -> str:
    """The session cookie's name at the host of one environment."""
    return f"{alb.session_cookie_name}-{environment_name}"


def listed(configuration: Configuration) -> list[ListedEnvironment]:
    """The environments as the authenticator's bundle has them."""
    return [
        ListedEnvironment(
            name=environment.name,
            description=environment.description,
            airflow_version=environment.airflow_version,
            access_mode=environment.web_server_access_mode,
            ui_host=environment.ui_host,
            ui_session_cookie=(
                ui_session_cookie_name(configuration.alb, environment.name)
                if environment.ui_host
                else None
            ),
        )
        for environment in configuration.environments
    ]


def _log_bucket(scope: Construct, alb: Alb) -> s3.IBucket:
    if alb.log_bucket_arn:
        return s3.Bucket.from_bucket_arn(scope, "AccessLogs", alb.log_bucket_arn)
    return AccessLogBucket(scope, "AccessLogs", prefix=alb.log_bucket_prefix)


def _sign_in(configuration: Configuration) -> SignIn:
    """How every listener signs people in."""
    alb, oidc = configuration.alb, configuration.oidc
    return SignIn(
        issuer=oidc.issuer,
        client_id=oidc.client_id,
        # Its whole text is the client's secret.
        client_secret=cdk.SecretValue.secrets_manager(oidc.client_secret_arn),
        authorization_endpoint=oidc.authorization_endpoint,
        token_endpoint=oidc.token_endpoint,
        user_info_endpoint=oidc.user_info_endpoint,
        scope=oidc.scope,
        session_cookie_name=alb.session_cookie_name,
        session_timeout=cdk.Duration.hours(alb.session_timeout_hours),
    )


def _signed_in(configuration: Configuration, balancer: SignInLoadBalancer) -> SignedIn:
    """How the authenticator knows sign-ins of this load balancer."""
    alb, oidc = configuration.alb, configuration.oidc
    region = cdk.Stack.of(balancer).region
    return SignedIn(
        load_balancer_arn=balancer.load_balancer.load_balancer_arn,
        issuer=oidc.issuer,
        client_id=oidc.client_id,
        public_key_endpoint=alb.public_key_endpoint or public_key_endpoint(region),
        session_cookie_name=alb.session_cookie_name,
        groups_claim=oidc.groups_claim,
        end_session_endpoint=oidc.end_session_endpoint,
    )


def _certificate(
    scope: Construct, alb: Alb, balancer: SignInLoadBalancer
) -> elbv2.IListenerCertificate:
    """The certificate that is given, or one that is made for the host that people open."""
    given_or_made_for = alb.certificate
    if isinstance(given_or_made_for, str):
        return elbv2.ListenerCertificate.from_arn(given_or_made_for)
    certificate = host_certificate(
        scope,
        "Certificate",
        host=given_or_made_for.host,
        hosted_zone_id=given_or_made_for.hosted_zone_id,
    )
    # A validation that fails would leave a load balancer behind, which is protected.
    balancer.load_balancer.node.add_dependency(certificate)
    return elbv2.ListenerCertificate.from_certificate_manager(certificate)
