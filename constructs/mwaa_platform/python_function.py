"""A Lambda function that may write to its own log group and do nothing else yet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from mwaa_platform.nag import acknowledge
from mwaa_platform.retention import OPERATIONAL_LOGS, RETAIN

LAMBDA_SOURCE = Path(__file__).resolve().parents[2] / "lambda"


def packages(*names: str) -> lambda_.Code:
    """The code of packages in lambda/ that need nothing but the runtime, each in its own folder."""
    return lambda_.Code.from_asset(
        str(LAMBDA_SOURCE),
        ignore_mode=cdk.IgnoreMode.GIT,
        exclude=["/*", *(f"!/{name}" for name in names), "__pycache__"],
    )


NO_SECOND_RUN = 0
"""For a custom resource: a run that comes late would undo the rollback that it missed."""


class PythonFunction(Construct):
    """The function, its role, its log group and for how long it may run."""

    function: lambda_.Function
    role: iam.Role
    log_group: logs.LogGroup
    timeout: cdk.Duration

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        handler: str,
        description: str,
        timeout: cdk.Duration,
        memory_size: int = 128,
        environment: Mapping[str, str] | None = None,
        retry_attempts: int | None = None,
        log_retention: logs.RetentionDays = OPERATIONAL_LOGS,
    ) -> None:
        """`memory_size` is in MiB. `retry_attempts` says how often Lambda runs an event again that
        it took without a caller waiting, twice unless given."""
        super().__init__(scope, construct_id)
        self.timeout = timeout
        self.log_group = logs.LogGroup(self, "Logs", retention=log_retention, removal_policy=RETAIN)
        self.role = _role(self, self.log_group)
        self.function = lambda_.Function(
            self,
            "Function",
            code=code,
            handler=handler,
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.X86_64,
            memory_size=memory_size,
            timeout=timeout,
            environment=dict(environment or {}),
            role=self.role,
            log_group=self.log_group,
            retry_attempts=retry_attempts,
        )
        acknowledge(
            self.function,
            {
                "AwsSolutions-L1": "Python 3.13 is supported until 2029; the bundle's binaries "
                "and the tests are for this version."
            },
        )


def _role(scope: Construct, log_group: logs.ILogGroup) -> iam.Role:
    writes_logs = iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[log_group.log_group_arn],
    )
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"Logs": iam.PolicyDocument(statements=[writes_logs])},
    )
