"""The role that an environment's Airflow runs under.

https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mwaa_platform.acknowledgements import acknowledge, wildcard_resource


class ExecutionRole(iam.Role):
    """What MWAA itself needs for one environment, and reading the lineage token; no more.

    The policies are part of the role, so they are there before anything can use it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_name: str,
        bucket: s3.IBucket,
        key: kms.IKey,
        lineage_token_secret_arn: str | None = None,
    ) -> None:
        stack = cdk.Stack.of(scope)
        policies = {
            "Mwaa": iam.PolicyDocument(
                statements=[
                    *_environment(stack, environment_name),
                    *_bucket(bucket),
                    *_logs(stack, environment_name),
                    *_queue(stack),
                    _key(stack, key),
                ]
            )
        }
        if lineage_token_secret_arn:
            policies["Lineage"] = iam.PolicyDocument(
                statements=[_allow("secretsmanager:GetSecretValue", on=lineage_token_secret_arn)]
            )
        super().__init__(
            scope,
            construct_id,
            description=f"Airflow of the MWAA environment {environment_name}",
            assumed_by=iam.CompositePrincipal(
                iam.ServicePrincipal("airflow.amazonaws.com"),
                iam.ServicePrincipal("airflow-env.amazonaws.com"),
            ),
            inline_policies=policies,
        )
        self._acknowledge_what_mwaa_prescribes(stack, environment_name, bucket)

    def _acknowledge_what_mwaa_prescribes(
        self, stack: cdk.Stack, environment_name: str, bucket: s3.IBucket
    ) -> None:
        within_bucket = "MWAA prescribes the action's family; it is bound to this bucket."
        acknowledge(
            self,
            {
                "AwsSolutions-IAM5[Action::s3:GetObject*]": within_bucket,
                "AwsSolutions-IAM5[Action::s3:GetBucket*]": within_bucket,
                "AwsSolutions-IAM5[Action::s3:List*]": within_bucket,
                wildcard_resource(self, bucket.arn_for_objects("*")): (
                    "Airflow reads whatever its team puts into the environment's own bucket."
                ),
                wildcard_resource(self, _log_group(stack, f"airflow-{environment_name}-*")): (
                    "MWAA appends the component to the environment's name."
                ),
                wildcard_resource(self, _queues(stack)): (
                    "The queue is in an account of AWS's own and its name is not known."
                ),
                "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]": (
                    "MWAA prescribes the action's family; it is bound to one key."
                ),
                "AwsSolutions-IAM5[Resource::*]": (
                    "s3:GetAccountPublicAccessBlock, logs:DescribeLogGroups and "
                    "cloudwatch:PutMetricData know no resources; s3:ListAllMyBuckets is denied."
                ),
            },
        )


def _allow(*actions: str, on: str | list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=[on] if isinstance(on, str) else on)


def _environment(stack: cdk.Stack, name: str) -> list[iam.PolicyStatement]:
    arn = stack.format_arn(service="airflow", resource="environment", resource_name=name)
    return [
        _allow("airflow:PublishMetrics", on=arn),
        _allow("cloudwatch:PutMetricData", on="*"),
    ]


def _bucket(bucket: s3.IBucket) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            effect=iam.Effect.DENY, actions=["s3:ListAllMyBuckets"], resources=["*"]
        ),
        _allow(
            "s3:GetObject*",
            "s3:GetBucket*",
            "s3:List*",
            on=[bucket.bucket_arn, bucket.arn_for_objects("*")],
        ),
        _allow("s3:GetAccountPublicAccessBlock", on="*"),
    ]


def _logs(stack: cdk.Stack, name: str) -> list[iam.PolicyStatement]:
    return [
        _allow(
            "logs:CreateLogStream",
            "logs:CreateLogGroup",
            "logs:PutLogEvents",
            "logs:GetLogEvents",
            "logs:GetLogRecord",
            "logs:GetLogGroupFields",
            "logs:GetQueryResults",
            on=_log_group(stack, f"airflow-{name}-*"),
        ),
        _allow("logs:DescribeLogGroups", on="*"),
    ]


def _queue(stack: cdk.Stack) -> list[iam.PolicyStatement]:
    return [
        _allow(
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
            on=_queues(stack),
        )
    ]


def _key(stack: cdk.Stack, key: kms.IKey) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:Encrypt"],
        resources=[key.key_arn],
        conditions={
            "StringEquals": {
                "kms:ViaService": [
                    f"sqs.{stack.region}.{stack.url_suffix}",
                    f"s3.{stack.region}.{stack.url_suffix}",
                ]
            }
        },
    )


def _log_group(stack: cdk.Stack, name: str) -> str:
    return stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name=name,
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )


def _queues(stack: cdk.Stack) -> str:
    return stack.format_arn(service="sqs", account="*", resource="airflow-celery-*")
