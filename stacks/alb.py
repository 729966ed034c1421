"""Load balancer, authenticator and DNS record of the stacks that sign people in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.alb import PORTAL_SESSION_HOURS, Alb, HostInZone, NamedVpc
from config.model import Configuration
from config.oidc import Client
from mwaa_platform.network.vpc import PlatformVpc, existing_subnets, existing_vpc
from mwaa_platform.sign_in.access_policy import AccessPolicy
from mwaa_platform.sign_in.authenticated_alb import AccessLogBucket, AuthenticatedAlb
from mwaa_platform.sign_in.authenticator import (
    Authenticator,
    PortalEnvironment,
    TokenTrust,
    public_key_endpoint,
)
from mwaa_platform.sign_in.dns import alias_record, host_certificate
from mwaa_platform.sign_in.oidc_action import OidcAction
from mwaa_platform.sign_in.ui_host import UiAlb


@dataclass(frozen=True, kw_only=True)
class SignInListener:
    """HTTPS listener with the authenticator behind it."""

    listener: elbv2.ApplicationListener
    authenticator: Authenticator
    oidc_action: OidcAction


def add_alb(
    scope: Construct,
    configuration: Configuration,
    *,
    vpc: ec2.IVpc,
    subnets: Sequence[ec2.ISubnet],
    security_group: ec2.ISecurityGroup | None = None,
) -> AuthenticatedAlb:
    """Adds the load balancer of the configuration, and a bucket for its access logs if it has none.

    By default the load balancer gets a security group of its own.
    """
    alb = configuration.alb
    return AuthenticatedAlb(
        scope,
        "Entrance",  # part of logical ids: another id would replace the load balancer
        vpc=vpc,
        subnets=subnets,
        internet_facing=alb.internet_facing,
        allowed_cidrs=configuration.alb_ingress_cidrs,
        provider_ports=configuration.oidc.ports,
        security_group=security_group,
        log_bucket=_log_bucket(scope, alb),
        log_prefix=alb.log_bucket_prefix,
        web_acl_arn=alb.web_acl_arn,
    )


def add_sign_in_listener(
    scope: Construct,
    configuration: Configuration,
    alb: AuthenticatedAlb,
    *,
    name_prefix: str,
    environments: Sequence[PortalEnvironment],
    access_policy: AccessPolicy,
    client: Client,
    target_group: elbv2.IApplicationTargetGroup | None = None,
    portal_host: str | None = None,
    session_hours: int = PORTAL_SESSION_HOURS,
) -> SignInListener:
    """Adds the HTTPS listener and the authenticator, which is its target by default.

    `client` is the one whose sign-ins count; `portal_host` the host name that people open, every
    host name by default; `session_hours` how long a session lasts where the configuration does not
    say so.
    """
    authenticator = Authenticator(
        scope,
        "Authenticator",
        platform=configuration.app_name,
        name_prefix=name_prefix,
        environments=environments,
        access_policy=access_policy,
        token_trust=_token_trust(configuration, alb, client),
        portal_host=portal_host,
        reserved_concurrency=configuration.authenticator.reserved_concurrency,
    )
    settings = configuration.alb
    sign_in = oidc_action(
        configuration,
        client,
        session_cookie_name=settings.session_cookie_name,
        session_hours=settings.session_timeout_hours or session_hours,
    )
    listener = alb.add_https_listener(
        certificate=alb_certificate(scope, settings.certificate),
        oidc_action=sign_in,
        target_group=target_group or authenticator.target_group,
        public_target_group=authenticator.target_group,
        host=portal_host,
    )
    return SignInListener(listener=listener, authenticator=authenticator, oidc_action=sign_in)


def alb_subnets(
    scope: Construct, vpc: PlatformVpc | NamedVpc, *, internet_facing: bool
) -> tuple[ec2.IVpc, Sequence[ec2.ISubnet]]:
    """VPC and subnets of the portal's load balancer, and of the gate's."""
    if isinstance(vpc, NamedVpc):
        return existing_vpc(scope, "Vpc", vpc.vpc_id), existing_subnets(scope, vpc.subnet_ids)
    return vpc, vpc.public_subnets if internet_facing else vpc.all_private_subnets


def add_record(scope: Construct, settings: Alb, alb: AuthenticatedAlb) -> None:
    """Adds the record of the host that people open, where its hosted zone is configured."""
    if settings.host_in_zone:
        alias_record(
            scope,
            "Record",
            host=settings.host_in_zone.host,
            hosted_zone_id=settings.host_in_zone.hosted_zone_id,
            load_balancer=alb.load_balancer,
        )


def alb_certificate(scope: Construct, arn_or_host: str | HostInZone) -> elbv2.IListenerCertificate:
    """An existing certificate, or a new one for a host."""
    if isinstance(arn_or_host, str):
        return elbv2.ListenerCertificate.from_arn(arn_or_host)
    certificate = host_certificate(
        scope,
        "Certificate",
        host=arn_or_host.host,
        hosted_zone_id=arn_or_host.hosted_zone_id,
    )
    return elbv2.ListenerCertificate.from_certificate_manager(certificate)


def ui_alb(
    settings: Alb,
    alb: AuthenticatedAlb,
    *,
    listener: elbv2.IApplicationListener,
    vpc_id: str,
    gate: OidcAction | None = None,
) -> UiAlb:
    """The load balancer as the one that serves environments under host names."""
    return UiAlb(
        load_balancer=alb.load_balancer,
        full_name=alb.full_name,
        listener=listener,
        vpc_id=vpc_id,
        portal_host=str(settings.domain_name),
        hosted_zone_id=settings.ui_hosted_zone_id or settings.hosted_zone_id,
        gate=gate,
    )


def portal_environments(configuration: Configuration) -> list[PortalEnvironment]:
    """Environments of the portal."""
    return [
        PortalEnvironment(
            name=environment.name,
            description=environment.description,
            airflow_version=environment.airflow_version,
            access_mode=environment.access_mode,
            ui_host=environment.ui_host,
            gated=bool(environment.ui_host and configuration.ui_gate),
        )
        for environment in configuration.environments
    ]


def _log_bucket(scope: Construct, settings: Alb) -> s3.IBucket:
    if settings.log_bucket_arn:
        return s3.Bucket.from_bucket_arn(scope, "AccessLogs", settings.log_bucket_arn)
    return AccessLogBucket(scope, "AccessLogs", prefix=settings.log_bucket_prefix)


def oidc_action(
    configuration: Configuration, client: Client, *, session_cookie_name: str, session_hours: int
) -> OidcAction:
    """The sign-in with a client at the provider of the configuration."""
    oidc = configuration.oidc
    return OidcAction(
        issuer=oidc.issuer,
        client_id=client.client_id,
        # The secret's whole text is the client's secret.
        client_secret=cdk.SecretValue.secrets_manager(client.client_secret_arn),
        authorization_endpoint=oidc.authorization_endpoint,
        token_endpoint=oidc.token_endpoint,
        user_info_endpoint=oidc.user_info_endpoint,
        scope=oidc.scope,
        session_cookie_name=session_cookie_name,
        session_timeout=cdk.Duration.hours(session_hours),
    )


def _token_trust(configuration: Configuration, alb: AuthenticatedAlb, client: Client) -> TokenTrust:
    settings, oidc = configuration.alb, configuration.oidc
    stack = cdk.Stack.of(alb)
    return TokenTrust(
        load_balancer_arn=alb.load_balancer.load_balancer_arn,
        issuer=oidc.issuer,
        client_id=client.client_id,
        public_key_endpoint=settings.public_key_endpoint
        or public_key_endpoint(stack.region, stack.url_suffix),
        session_cookie_name=settings.session_cookie_name,
        groups_claim=oidc.groups_claim,
        end_session_endpoint=oidc.end_session_endpoint,
        group_paths=oidc.group_paths,
        groups_as_text=oidc.groups_as_text,
        require_verified_email=oidc.verified_email_required,
    )
