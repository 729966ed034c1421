"""What the execution role of an environment must be allowed, and whom it must trust.

https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mwaa.log_groups import log_group_names
from mwaa.permissions.lineage import LineageAccess
from mwaa.permissions.secrets import SecretsAccess
from mwaa.permissions.statement import Condition, Location, Statement, via

SERVICES = ("airflow.amazonaws.com", "airflow-env.amazonaws.com")
"""What assumes the role."""
FAMILIES: Mapping[str, Sequence[str]] = {
    "s3:GetObject*": ("s3:GetObject", "s3:GetObjectVersion"),
    "s3:GetBucket*": (
        "s3:GetBucketLocation",
        "s3:GetBucketVersioning",
        "s3:GetBucketPublicAccessBlock",
    ),
    "s3:List*": ("s3:ListBucket", "s3:ListBucketVersions"),
    "kms:GenerateDataKey*": ("kms:GenerateDataKey",),
}
"""Actions of the families that MWAA prescribes, which stand for them where a policy is tried."""
ASSUME = "sts:AssumeRole"


@dataclass(frozen=True, kw_only=True)
class BucketAccess:
    """A bucket's ARN, and the objects that the role reads: keys, with `*` at the end of prefixes.

    The names of a bucket's objects can be listed, whoever owns them.
    """

    arn: str
    keys: Sequence[str] = ("*",)

    @property
    def object_arns(self) -> Sequence[str]:
        """The ARNs of the objects."""
        return [f"{self.arn}/{key}" for key in self.keys]


@dataclass(frozen=True, kw_only=True)
class RoleAccess:
    """Everything that the role of the environment must be allowed by its own policies.

    `bucket` or `key_arn` is None where the policy of the bucket or key allows it instead.
    """

    environment: str
    location: Location
    bucket: BucketAccess | None
    key_arn: str | None
    lineage: LineageAccess = field(default_factory=LineageAccess)
    secrets: SecretsAccess = field(default_factory=SecretsAccess)

    @property
    def statements(self) -> list[Statement]:
        """All of them."""
        return [each for policy in self.policies.values() for each in policy]

    @property
    def policies(self) -> Mapping[str, Sequence[Statement]]:
        """The statements by the name of the policy that they are in; none is empty."""
        policies = {
            "Mwaa": [*self._prescribed()],
            "Lineage": self.lineage.statements,
            "Secrets": self.secrets.statements(self.location),
        }
        return {name: statements for name, statements in policies.items() if statements}

    def _prescribed(self) -> Iterator[Statement]:
        """What MWAA itself needs."""
        location = self.location
        yield from _metrics(self.environment, location)
        yield _list_no_buckets()
        if self.bucket:
            yield read_bucket(self.bucket)
        yield Statement(
            sid="ReadAccountPublicAccess",
            purpose="see that public access is blocked",
            actions=("s3:GetAccountPublicAccessBlock",),
            resources=("*",),
        )
        yield from _logs(self.environment, location)
        yield _queue(location)
        if self.key_arn:
            yield use_key(self.key_arn, location)


def read_bucket(bucket: BucketAccess) -> Statement:
    """Reading the environment's files."""
    return Statement(
        sid="ReadFiles",
        purpose="read DAGs, plugins and requirements",
        actions=("s3:GetObject*", "s3:GetBucket*", "s3:List*"),
        resources=(bucket.arn, *bucket.object_arns),
    )


def tried(statement: Statement) -> Iterator[tuple[str, str]]:
    """The actions that a statement allows, each with a resource that it is for, without `*`.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    for family in statement.actions:
        for action in FAMILIES.get(family, (family,)):
            for resource in statement.resources:
                is_object = "/" in resource
                if (
                    not action.startswith("s3:")
                    or resource == "*"
                    or is_object == ("Object" in action)
                ):
                    yield action, resource


def use_key(key_arn: str, location: Location) -> Statement:
    """The use of the environment's key, through services alone."""
    return Statement(
        sid="UseKey",
        purpose="use the environment's key",
        actions=("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:Encrypt"),
        resources=(key_arn,),
        condition=via(location.host("sqs"), location.host("s3")),
    )


def trust_condition(location: Location, *environments: str) -> Condition:
    """MWAA, while it acts for one of these environments.

    https://docs.aws.amazon.com/mwaa/latest/userguide/cross-service-confused-deputy-prevention.html
    """
    arns = [location.arn("airflow", f"environment/{each}") for each in environments]
    return {
        "StringEquals": {"aws:SourceAccount": location.account},
        "ArnEquals": {"aws:SourceArn": arns[0] if len(arns) == 1 else arns},
    }


def log_stream_arns(environment: str, location: Location) -> list[str]:
    """The environment's log groups in the form that IAM takes for groups and their streams.

    MWAA prescribes `airflow-<name>-*`, which the groups of an environment `<name>-prod` match too.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
    """
    return [f"{each}:*" for each in log_group_arns(environment, location)]


def log_group_arns(environment: str, location: Location) -> list[str]:
    """ARNs of the log groups, as CloudWatch Logs has them in the encryption context.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    names = log_group_names(environment).values()
    return [location.arn("logs", f"log-group:{name}") for name in names]


def queue_arns(location: Location) -> str:
    """MWAA's queues, which are in accounts of AWS's own."""
    return location.arn("sqs", "airflow-celery-*", account="*")


def _metrics(environment: str, location: Location) -> list[Statement]:
    return [
        Statement(
            sid="PublishMetrics",
            purpose="publish the environment's metrics",
            actions=("airflow:PublishMetrics",),
            resources=(location.arn("airflow", f"environment/{environment}"),),
        ),
        Statement(
            sid="PutMetrics",
            purpose="put metrics into CloudWatch",
            actions=("cloudwatch:PutMetricData",),
            resources=("*",),
        ),
    ]


def _list_no_buckets() -> Statement:
    """MWAA prescribes the denial, so that nobody finds the account's buckets by a DAG."""
    return Statement(
        sid="ListNoBuckets",
        purpose="not list the account's buckets",
        effect="Deny",
        actions=("s3:ListAllMyBuckets",),
        resources=("*",),
    )


def _logs(environment: str, location: Location) -> list[Statement]:
    return [
        Statement(
            sid="WriteLogs",
            purpose="write and read Airflow's logs",
            actions=(
                "logs:CreateLogStream",
                "logs:CreateLogGroup",
                "logs:PutLogEvents",
                "logs:GetLogEvents",
                "logs:GetLogRecord",
                "logs:GetLogGroupFields",
                "logs:GetQueryResults",
            ),
            resources=log_stream_arns(environment, location),
        ),
        Statement(
            sid="FindLogGroups",
            purpose="find Airflow's log groups",
            actions=("logs:DescribeLogGroups",),
            resources=("*",),
        ),
    ]


def _queue(location: Location) -> Statement:
    return Statement(
        sid="UseQueue",
        purpose="hand tasks to workers by MWAA's queue",
        actions=(
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        ),
        resources=(queue_arns(location),),
    )
