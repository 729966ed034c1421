"""The role that an environment's Airflow runs under.

https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from artifacts.catalogues import DataZoneCatalogue
from mwaa_platform.nag import acknowledge, wildcard_resource


@dataclass(frozen=True, kw_only=True)
class LineageAccess:
    """What sending lineage takes: secrets with tokens, and domains of DataZone."""

    token_secret_arns: Sequence[str] = ()
    data_zone: Sequence[DataZoneCatalogue] = ()

    def policies(self, stack: cdk.Stack) -> dict[str, iam.PolicyDocument]:
        """Empty where nothing is taken."""
        statements = []
        if self.token_secret_arns:
            statements.append(_allow("secretsmanager:GetSecretValue", on=self.token_secret_arns))
        if self.data_zone:
            domains = [_domain(stack, each) for each in self.data_zone]
            statements.append(_allow("datazone:PostLineageEvent", on=domains))
        return {"Lineage": iam.PolicyDocument(statements=statements)} if statements else {}


@dataclass(frozen=True, kw_only=True)
class SecretsAccess:
    """Secrets that Airflow's secrets backend reads: those below prefixes, such as
    "airflow/variables", and the customer's key that encrypts them, if one does."""

    prefixes: Sequence[str] = ()
    key_arn: str | None = None

    def arns(self, stack: cdk.Stack) -> list[str]:
        """The secrets below each prefix."""
        return [
            stack.format_arn(
                service="secretsmanager",
                resource="secret",
                resource_name=f"{prefix}/*",
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            for prefix in self.prefixes
        ]

    def policies(self, stack: cdk.Stack) -> dict[str, iam.PolicyDocument]:
        """Empty where there is no prefix."""
        if not self.prefixes:
            return {}
        statements = [
            _allow(
                "secretsmanager:GetSecretValue",
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetResourcePolicy",
                "secretsmanager:ListSecretVersionIds",
                on=self.arns(stack),
            )
        ]
        if self.key_arn:
            statements.append(
                _use(self.key_arn, "kms:Decrypt", through=[_service(stack, "secretsmanager")])
            )
        return {"Secrets": iam.PolicyDocument(statements=statements)}


class ExecutionRole(iam.Role):
    """What MWAA itself needs for one environment, its lineage and its secrets; no more.

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
        lineage: LineageAccess | None = None,
        secrets: SecretsAccess | None = None,
    ) -> None:
        stack = cdk.Stack.of(scope)
        lineage, secrets = lineage or LineageAccess(), secrets or SecretsAccess()
        super().__init__(
            scope,
            construct_id,
            description=f"Airflow of the MWAA environment {environment_name}",
            assumed_by=_mwaa_for(stack, environment_name),
            inline_policies={
                "Mwaa": _mwaa(stack, environment_name, bucket, key),
                **lineage.policies(stack),
                **secrets.policies(stack),
            },
        )
        self._acknowledge_what_mwaa_prescribes(stack, environment_name, bucket)
        acknowledge(
            self,
            {
                wildcard_resource(self, arn): "Connections and variables are secrets below this "
                "prefix, which their team makes as it needs them."
                for arn in secrets.arns(stack)
            },
        )

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


def _mwaa_for(stack: cdk.Stack, environment_name: str) -> iam.IPrincipal:
    """The service, while it acts for this environment and no other.

    https://docs.aws.amazon.com/mwaa/latest/userguide/cross-service-confused-deputy-prevention.html
    """
    environment = stack.format_arn(
        service="airflow", resource="environment", resource_name=environment_name
    )
    acting_for_it = {
        "StringEquals": {"aws:SourceAccount": stack.account},
        "ArnEquals": {"aws:SourceArn": environment},
    }
    return iam.CompositePrincipal(
        *(
            iam.ServicePrincipal(service, conditions=acting_for_it)
            for service in ("airflow.amazonaws.com", "airflow-env.amazonaws.com")
        )
    )


def _mwaa(
    stack: cdk.Stack, environment_name: str, bucket: s3.IBucket, key: kms.IKey
) -> iam.PolicyDocument:
    own_key = _use(
        key.key_arn,
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKey*",
        "kms:Encrypt",
        through=[_service(stack, "sqs"), _service(stack, "s3")],
    )
    return iam.PolicyDocument(
        statements=[
            *_environment(stack, environment_name),
            *_bucket(bucket),
            *_logs(stack, environment_name),
            *_queue(stack),
            own_key,
        ]
    )


def _allow(*actions: str, on: str | Sequence[str]) -> iam.PolicyStatement:
    resources = [on] if isinstance(on, str) else list(on)
    return iam.PolicyStatement(actions=list(actions), resources=resources)


def _use(key_arn: str, *actions: str, through: Sequence[str]) -> iam.PolicyStatement:
    """Let services, and nobody by himself, use a key."""
    return iam.PolicyStatement(
        actions=list(actions),
        resources=[key_arn],
        conditions={"StringEquals": {"kms:ViaService": list(through)}},
    )


def _service(stack: cdk.Stack, name: str) -> str:
    return f"{name}.{stack.region}.{stack.url_suffix}"


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


def _domain(stack: cdk.Stack, catalogue: DataZoneCatalogue) -> str:
    return stack.format_arn(
        service="datazone",
        resource="domain",
        resource_name=catalogue.domain_id,
        region=catalogue.region,
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
