"""Execution role of an environment.

https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from mwaa.log_groups import log_group_names
from mwaa_platform.environment.storage import log_group_arn
from mwaa_platform.nag import acknowledge, wildcard_resource


@dataclass(frozen=True, kw_only=True)
class LineageAccess:
    """Permissions to read tokens of catalogues and to post lineage to DataZone domains.

    `data_zone_regions` are the Regions of the domains. `data_zone_keys` has the ARN of the customer
    managed key of each domain that has one, by its id.
    """

    token_secret_arns: Sequence[str] = ()
    data_zone_regions: Sequence[str] = ()
    data_zone_keys: Mapping[str, str] = field(default_factory=dict)

    def policies(self) -> dict[str, iam.PolicyDocument]:
        """Inline policies by name; empty without catalogues."""
        statements = []
        if self.token_secret_arns:
            statements.append(_allow("secretsmanager:GetSecretValue", on=self.token_secret_arns))
        if self.data_zone_regions:
            statements.append(_post_lineage(self.data_zone_regions))
        statements += [_use_of_domain_key(*each) for each in self.data_zone_keys.items()]
        return {"Lineage": iam.PolicyDocument(statements=statements)} if statements else {}


def _post_lineage(regions: Sequence[str]) -> iam.PolicyStatement:
    """The action knows no domain in IAM: a domain itself decides who may post, by its members.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondatazone.html
    """
    return iam.PolicyStatement(
        actions=["datazone:PostLineageEvent"],
        resources=["*"],
        conditions={"StringEquals": {"aws:RequestedRegion": list(regions)}},
    )


def _use_of_domain_key(domain_id: str, key_arn: str) -> iam.PolicyStatement:
    """Whoever calls DataZone needs the key of the domain, for that domain alone.

    https://docs.aws.amazon.com/datazone/latest/userguide/encryption-rest-datazone.html
    """
    return iam.PolicyStatement(
        actions=["kms:Decrypt", "kms:GenerateDataKey"],
        resources=[key_arn],
        conditions={
            "StringEquals": {"kms:EncryptionContext:aws:datazone:domainId": domain_id},
        },
    )


@dataclass(frozen=True, kw_only=True)
class SecretsAccess:
    """Permissions of Airflow's secrets backend.

    `prefixes` of secrets' names, such as "airflow/variables"; `key_arn` of the customer managed key
    that encrypts them, None for AWS's own. They are in Secrets Manager by default.
    """

    prefixes: Sequence[str] = ()
    key_arn: str | None = None
    in_parameter_store: bool = False

    @property
    def service(self) -> str:
        """The service's name in ARNs."""
        return "ssm" if self.in_parameter_store else "secretsmanager"

    @property
    def actions(self) -> Sequence[str]:
        """What Airflow's backend needs of the service."""
        if self.in_parameter_store:
            return ("ssm:GetParameter",)
        return (
            "secretsmanager:GetSecretValue",
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetResourcePolicy",
            "secretsmanager:ListSecretVersionIds",
        )

    def arns(self, stack: cdk.Stack) -> list[str]:
        """ARN patterns of the secrets below each prefix."""
        parameters = self.in_parameter_store
        return [
            stack.format_arn(
                service=self.service,
                resource="parameter" if parameters else "secret",
                resource_name=f"{prefix}/*",
                arn_format=cdk.ArnFormat.SLASH_RESOURCE_NAME
                if parameters
                else cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            for prefix in self.prefixes
        ]

    def policies(self, stack: cdk.Stack) -> dict[str, iam.PolicyDocument]:
        """Inline policies by name; empty without prefixes."""
        if not self.prefixes:
            return {}
        statements = [_allow(*self.actions, on=self.arns(stack))]
        if self.key_arn:
            via = _service_host(stack, self.service)
            statements.append(_allow_key(self.key_arn, "kms:Decrypt", via=[via]))
        return {"Secrets": iam.PolicyDocument(statements=statements)}


@dataclass(frozen=True, kw_only=True)
class TeamAccess:
    """Permissions that an environment's team gives its DAGs.

    `policy` is an identity policy of IAM, `managed_policy_arns` name others. The boundary limits
    the whole role, in place of that of the stack's roles.
    """

    policy: Mapping[str, Any] | None = None
    managed_policy_arns: Sequence[str] = ()
    permissions_boundary_arn: str | None = None


class ExecutionRole(iam.Role):
    """Role with the permissions that MWAA prescribes, those for lineage and secrets, and a team's.

    The platform's policies are inline, so that they exist before anything can assume the role; the
    team's is a managed policy, apart from them and with a size of its own.
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
        team: TeamAccess | None = None,
    ) -> None:
        """Adds the role.

        - `environment_name`: the only environment that can use it.
        - `bucket`, `key`: the environment's bucket and key.
        - `lineage`, `secrets`, `team`: further permissions; none by default.
        """
        stack = cdk.Stack.of(scope)
        lineage, secrets = lineage or LineageAccess(), secrets or SecretsAccess()
        team = team or TeamAccess()
        super().__init__(
            scope,
            construct_id,
            description=f"Airflow of the MWAA environment {environment_name}",
            assumed_by=_service_principal(stack, environment_name),
            inline_policies={
                "Mwaa": _prescribed_policy(stack, environment_name, bucket, key),
                **lineage.policies(),
                **secrets.policies(stack),
            },
            managed_policies=_team_policies(scope, construct_id, environment_name, team),
        )
        if arn := team.permissions_boundary_arn:
            boundary = iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", arn)
            # Not by the role's property, which that of the stack's roles would override.
            iam.PermissionsBoundary.of(self).apply(boundary)
        _acknowledge_team(self, team)
        self._acknowledge_prescribed_wildcards(stack, environment_name, bucket)
        acknowledge(
            self,
            {
                wildcard_resource(self, arn): "Connections and variables are secrets below this "
                "prefix, which their team makes as it needs them."
                for arn in secrets.arns(stack)
            },
        )

    def _acknowledge_prescribed_wildcards(
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
                **{
                    wildcard_resource(self, arn): "All log streams of one of the environment's own "
                    "log groups; a group's name has no colon."
                    for arn in _log_stream_arns(stack, environment_name)
                },
                wildcard_resource(self, _queue_arns(stack)): (
                    "The queue is in an account of AWS's own and its name is not known; across "
                    "accounts the policy of the queue itself must allow it too."
                ),
                "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]": (
                    "MWAA prescribes the action's family; it is bound to one key."
                ),
                "AwsSolutions-IAM5[Resource::*]": (
                    "s3:GetAccountPublicAccessBlock, logs:DescribeLogGroups, "
                    "cloudwatch:PutMetricData and datazone:PostLineageEvent know no resources; "
                    "s3:ListAllMyBuckets is denied."
                ),
            },
        )


def _team_policies(
    scope: Construct, construct_id: str, environment_name: str, team: TeamAccess
) -> list[iam.IManagedPolicy]:
    named = [
        iam.ManagedPolicy.from_managed_policy_arn(scope, f"{construct_id}-{arn}", arn)
        for arn in team.managed_policy_arns
    ]
    if not team.policy:
        return named
    policy = iam.ManagedPolicy(
        scope,
        f"{construct_id}Team",
        description=f"What the DAGs of the MWAA environment {environment_name} may do",
        document=iam.PolicyDocument.from_json(team.policy),
    )
    acknowledge(policy, dict.fromkeys(_wildcards(team.policy), NAMED_BY_TEAM))
    return [*named, policy]


NAMED_BY_TEAM = (
    "The environment's team names it in its own policy; the configuration warns of what is broad."
)


def _wildcards(policy: Mapping[str, Any]) -> Iterator[str]:
    """Rules under which cdk-nag reports the actions and resources of a policy with `*`."""
    for statement in policy["Statement"]:
        for kind in ("Action", "Resource"):
            for each in statement.get(kind, ()):
                if "*" in each and statement["Effect"] == "Allow":
                    yield f"AwsSolutions-IAM5[{kind}::{each}]"


def _acknowledge_team(role: iam.Role, team: TeamAccess) -> None:
    acknowledge(
        role,
        {
            f"AwsSolutions-IAM4[Policy::{arn}]": NAMED_BY_TEAM
            for arn in team.managed_policy_arns
            if ":iam::aws:" in arn
        },
    )


def _service_principal(stack: cdk.Stack, environment_name: str) -> iam.IPrincipal:
    """MWAA, while it acts for this environment.

    https://docs.aws.amazon.com/mwaa/latest/userguide/cross-service-confused-deputy-prevention.html
    """
    environment = stack.format_arn(
        service="airflow", resource="environment", resource_name=environment_name
    )
    for_environment = {
        "StringEquals": {"aws:SourceAccount": stack.account},
        "ArnEquals": {"aws:SourceArn": environment},
    }
    return iam.CompositePrincipal(
        *(
            iam.ServicePrincipal(service, conditions=for_environment)
            for service in ("airflow.amazonaws.com", "airflow-env.amazonaws.com")
        )
    )


def _prescribed_policy(
    stack: cdk.Stack, environment_name: str, bucket: s3.IBucket, key: kms.IKey
) -> iam.PolicyDocument:
    allow_key = _allow_key(
        key.key_arn,
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKey*",
        "kms:Encrypt",
        via=[_service_host(stack, "sqs"), _service_host(stack, "s3")],
    )
    return iam.PolicyDocument(
        statements=[
            *_metrics_statements(stack, environment_name),
            *_bucket_statements(bucket),
            *_log_statements(stack, environment_name),
            _queue_statement(stack),
            allow_key,
        ]
    )


def _allow(*actions: str, on: str | Sequence[str]) -> iam.PolicyStatement:
    resources = [on] if isinstance(on, str) else list(on)
    return iam.PolicyStatement(actions=list(actions), resources=resources)


def _allow_key(key_arn: str, *actions: str, via: Sequence[str]) -> iam.PolicyStatement:
    """Statement that allows the use of a key through services alone."""
    return iam.PolicyStatement(
        actions=list(actions),
        resources=[key_arn],
        conditions={"StringEquals": {"kms:ViaService": list(via)}},
    )


def _service_host(stack: cdk.Stack, name: str) -> str:
    return f"{name}.{stack.region}.{stack.url_suffix}"


def _metrics_statements(stack: cdk.Stack, name: str) -> list[iam.PolicyStatement]:
    arn = stack.format_arn(service="airflow", resource="environment", resource_name=name)
    return [
        _allow("airflow:PublishMetrics", on=arn),
        _allow("cloudwatch:PutMetricData", on="*"),
    ]


def _bucket_statements(bucket: s3.IBucket) -> list[iam.PolicyStatement]:
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


def _log_statements(stack: cdk.Stack, name: str) -> list[iam.PolicyStatement]:
    return [
        _allow(
            "logs:CreateLogStream",
            "logs:CreateLogGroup",
            "logs:PutLogEvents",
            "logs:GetLogEvents",
            "logs:GetLogRecord",
            "logs:GetLogGroupFields",
            "logs:GetQueryResults",
            on=_log_stream_arns(stack, name),
        ),
        _allow("logs:DescribeLogGroups", on="*"),
    ]


def _queue_statement(stack: cdk.Stack) -> iam.PolicyStatement:
    return _allow(
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
        on=_queue_arns(stack),
    )


def _log_stream_arns(stack: cdk.Stack, environment_name: str) -> list[str]:
    """The environment's log groups in the form that IAM takes for groups and their streams.

    MWAA prescribes `airflow-<name>-*`, which the groups of an environment `<name>-prod` match too.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
    """
    return [
        f"{log_group_arn(stack, name)}:*" for name in log_group_names(environment_name).values()
    ]


def _queue_arns(stack: cdk.Stack) -> str:
    return stack.format_arn(service="sqs", account="*", resource="airflow-celery-*")
