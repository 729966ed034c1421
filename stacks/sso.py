"""Sso: the load balancer that people open and the authenticator behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.model import Configuration
from config.sign_in import Alb
from mwaa_platform.access_logs import AccessLogBucket
from mwaa_platform.authenticator import (
    Authenticator,
    ListedEnvironment,
    SignedIn,
    public_key_endpoint,
)
from mwaa_platform.grants_table import GrantsTable
from mwaa_platform.sign_in_load_balancer import OidcClient, SignInLoadBalancer
from mwaa_platform.vpc import PlatformVpc
from stacks.platform_stack import PlatformStack


class SsoStack(PlatformStack):
    """Grows with the number of environments by no more than their names."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        configuration: Configuration,
        vpc: PlatformVpc,
        grants: GrantsTable,
        **stack: Any,
    ) -> None:
        super().__init__(scope, construct_id, **stack)
        alb, oidc = configuration.alb, configuration.oidc
        entrance = SignInLoadBalancer(
            self,
            "Entrance",
            vpc=vpc,
            subnets=_subnets(vpc, alb),
            internet_facing=alb.internet_facing,
            allowed_cidrs=configuration.alb_ingress_cidrs,
            log_bucket=_log_bucket(self, alb),
            log_prefix=alb.log_bucket_prefix,
        )
        load_balancer = entrance.load_balancer
        authenticator = Authenticator(
            self,
            "Authenticator",
            name_prefix=configuration.app_name,
            environments=_listed(configuration),
            grants=grants,
            signed_in=SignedIn(
                load_balancer_arn=load_balancer.load_balancer_arn,
                issuer=oidc.issuer,
                client_id=oidc.client_id,
                public_key_endpoint=alb.public_key_endpoint or public_key_endpoint(self.region),
                session_cookie_name=alb.session_cookie_name,
                groups_claim=oidc.groups_claim,
                end_session_endpoint=oidc.end_session_endpoint,
            ),
        )
        entrance.serve(
            authenticator.target_group,
            client=OidcClient(
                issuer=oidc.issuer,
                client_id=oidc.client_id,
                client_secret_arn=oidc.client_secret_arn,
                authorization_endpoint=oidc.authorization_endpoint,
                token_endpoint=oidc.token_endpoint,
                user_info_endpoint=oidc.user_info_endpoint,
                scope=oidc.scope,
            ),
            certificate_arn=alb.certificate_arn,
            session_cookie_name=alb.session_cookie_name,
            session_timeout=cdk.Duration.hours(alb.session_timeout_hours),
        )
        cdk.CfnOutput(self, "LoadBalancerArn", value=load_balancer.load_balancer_arn)
        cdk.CfnOutput(self, "LoadBalancerDnsName", value=load_balancer.load_balancer_dns_name)


def _subnets(vpc: PlatformVpc, alb: Alb) -> Sequence[ec2.ISubnet]:
    return vpc.public_subnets if alb.internet_facing else vpc.all_private_subnets


def _log_bucket(scope: Construct, alb: Alb) -> s3.IBucket:
    if alb.log_bucket_arn:
        return s3.Bucket.from_bucket_arn(scope, "AccessLogs", alb.log_bucket_arn)
    return AccessLogBucket(scope, "AccessLogs", prefix=alb.log_bucket_prefix)


def _listed(configuration: Configuration) -> Sequence[ListedEnvironment]:
    return [
        ListedEnvironment(
            name=environment.name,
            description=environment.description,
            airflow_version=environment.airflow_version,
            access_mode=environment.web_server_access_mode,
        )
        for environment in configuration.environments
    ]
