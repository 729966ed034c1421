"""What the stacks with a load balancer have in common."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.model import Configuration
from config.sign_in import Alb
from mwaa_platform.access_logs import AccessLogBucket
from mwaa_platform.authenticator import ListedEnvironment, SignedIn, public_key_endpoint
from mwaa_platform.host_name import host_certificate
from mwaa_platform.sign_in import SignIn
from mwaa_platform.sign_in_load_balancer import SignInLoadBalancer


def log_bucket(scope: Construct, alb: Alb) -> s3.IBucket:
    """The bucket of the access logs: the one named, or one of the stack's own."""
    if alb.log_bucket_arn:
        return s3.Bucket.from_bucket_arn(scope, "AccessLogs", alb.log_bucket_arn)
    return AccessLogBucket(scope, "AccessLogs", prefix=alb.log_bucket_prefix)


def sign_in(configuration: Configuration) -> SignIn:
    """How every listener signs people in."""
    alb, oidc = configuration.alb, configuration.oidc
    return SignIn(
        issuer=oidc.issuer,
        client_id=oidc.client_id,
        client_secret_arn=oidc.client_secret_arn,
        authorization_endpoint=oidc.authorization_endpoint,
        token_endpoint=oidc.token_endpoint,
        user_info_endpoint=oidc.user_info_endpoint,
        scope=oidc.scope,
        session_cookie_name=alb.session_cookie_name,
        session_timeout=cdk.Duration.hours(alb.session_timeout_hours),
    )


def signed_in(configuration: Configuration, entrance: SignInLoadBalancer) -> SignedIn:
    """How the authenticator knows sign-ins of this entrance."""
    alb, oidc = configuration.alb, configuration.oidc
    region = cdk.Stack.of(entrance).region
    return SignedIn(
        load_balancer_arn=entrance.load_balancer.load_balancer_arn,
        issuer=oidc.issuer,
        client_id=oidc.client_id,
        public_key_endpoint=alb.public_key_endpoint or public_key_endpoint(region),
        session_cookie_name=alb.session_cookie_name,
        groups_claim=oidc.groups_claim,
        end_session_endpoint=oidc.end_session_endpoint,
    )


def certificate_arn(scope: Construct, alb: Alb, entrance: SignInLoadBalancer) -> str:
    """The certificate that is named, or one for the host that people open."""
    if alb.certificate_arn:
        return alb.certificate_arn
    if not (alb.domain_name and alb.hosted_zone_id):
        raise ValueError("Alb needs a CertificateArn, or a DomainName and a HostedZoneId")
    certificate = host_certificate(
        scope, "Certificate", host=alb.domain_name, hosted_zone_id=alb.hosted_zone_id
    )
    # A validation that fails would leave a load balancer behind, which is protected.
    entrance.load_balancer.node.add_dependency(certificate)
    return certificate.certificate_arn


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
