"""Key, bucket and log groups of an environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mwaa.log_groups import log_group_names
from mwaa.permissions.key import logs_service, logs_use_key
from mwaa_platform.nag import acknowledge
from mwaa_platform.retention import RETAIN, RETAIN_ALWAYS, RETENTION
from mwaa_platform.statements import location_of, policy_statement


class EnvironmentKey(kms.Key):
    """Key that encrypts an environment's database, queue, bucket and logs."""

    def __init__(self, scope: Construct, construct_id: str, *, environment_name: str) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"MWAA environment {environment_name}",
            enable_key_rotation=True,
            removal_policy=RETAIN_ALWAYS,  # or what is left in the bucket could not be read
        )
        location = location_of(cdk.Stack.of(self))
        self.add_to_resource_policy(
            policy_statement(
                logs_use_key(environment_name, location),
                iam.ServicePrincipal(logs_service(location)),
                with_sid=True,
            )
        )


class EnvironmentBucket(s3.Bucket):
    """Versioned, encrypted, private bucket for DAGs, plugins.zip and requirements.txt."""

    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey) -> None:
        super().__init__(
            scope,
            construct_id,
            versioned=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=cdk.Duration.days(7))
            ],
            removal_policy=RETAIN_ALWAYS,
        )
        acknowledge(
            self,
            {
                "AwsSolutions-S1": "Every container lists the DAGs twice a minute, which would "
                "drown anything worth finding; an account that wants to know who writes records "
                "CloudTrail's data events."
            },
        )


def add_log_groups(
    scope: Construct,
    *,
    environment_name: str,
    key: kms.IKey,
    retention_days: Mapping[str, int],
) -> Sequence[logs.LogGroup]:
    """Adds the log groups that MWAA writes to, encrypted and with a retention period.

    - `retention_days`: of each component; what CloudWatch takes is in mwaa.log_groups.

    They are of the standard class: Airflow reads the logs of tasks, and `logs` those of components,
    by calls that the class for infrequent access refuses, and it takes no metric filters.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html

    MWAA would create missing ones without either. They outlive the environment;
    `cdk deploy --import-existing-resources` adopts those of a former environment of that name.
    """
    return [
        logs.LogGroup(
            scope,
            f"{component}Logs",
            log_group_name=name,
            encryption_key=key,
            retention=RETENTION[retention_days[component]],
            removal_policy=RETAIN,
        )
        for component, name in log_group_names(environment_name).items()
    ]
