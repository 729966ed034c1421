"""The load balancer's access logs."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mwaa_platform.nag import acknowledge
from mwaa_platform.retention import RETAIN_ALWAYS

KEPT_DAYS = 365


class AccessLogBucket(s3.Bucket):
    """A bucket that the load balancers of this account may write logs to.

    `log_access_logs` of the CDK would do it, but wants to know the Region at synthesis.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, prefix: str) -> None:
        super().__init__(
            scope,
            construct_id,
            # The only encryption that load balancers write with.
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[s3.LifecycleRule(expiration=cdk.Duration.days(KEPT_DAYS))],
            removal_policy=RETAIN_ALWAYS,
        )
        account = cdk.Stack.of(self).account
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LoadBalancersWriteLogs",
                principals=[iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
                actions=["s3:PutObject"],
                # The path binds it to this account, as in AWS's own policy. A condition on a key
                # that the service does not send would keep the load balancer from being made.
                resources=[self.arn_for_objects(f"{prefix}/AWSLogs/{account}/*")],
            )
        )
        acknowledge(
            self, {"AwsSolutions-S1": "It holds access logs; logging their delivery adds nothing."}
        )


def write_access_logs(
    load_balancer: elbv2.ApplicationLoadBalancer, *, bucket: s3.IBucket, prefix: str
) -> None:
    """Turn access logs on; the bucket's policy must allow them before, or this fails."""
    load_balancer.set_attribute("access_logs.s3.enabled", "true")
    load_balancer.set_attribute("access_logs.s3.bucket", bucket.bucket_name)
    load_balancer.set_attribute("access_logs.s3.prefix", prefix)
    if bucket.policy:
        load_balancer.node.add_dependency(bucket.policy)
