"""Lambda function in Python with its role and log group."""

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

NO_RETRIES = 0
"""For a custom resource: a late retry would undo the rollback that happened in between."""


def packages(*names: str) -> lambda_.Code:
    """Code of packages in lambda/ that need only the runtime, each in a folder of its name."""
    return lambda_.Code.from_asset(
        str(LAMBDA_SOURCE),
        ignore_mode=cdk.IgnoreMode.GIT,
        exclude=["/*", *(f"!/{name}" for name in names), "__pycache__"],
    )


class PythonFunction(Construct):
    """Function whose role may write to its own log group and nothing else.

    It runs Python 3.13 on x86_64. The log group outlives the stack.
    """

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
        reserved_concurrency: int | None = None,
        log_retention: logs.RetentionDays = OPERATIONAL_LOGS,
    ) -> None:
        """Adds the function.

        - `code`, `handler`, `description`: as Lambda takes them.
        - `timeout`: of one run; at most 15 minutes.
        - `memory_size`: in MiB; 128 by default.
        - `environment`: variables of the function; none by default.
        - `retry_attempts`: how often Lambda retries an asynchronous event that failed; twice by
          default.
        - `reserved_concurrency`: number of runs at the same time, reserved and at most; by default
          it shares the account's.
        - `log_retention`: three months by default.
        """
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
            reserved_concurrent_executions=reserved_concurrency,
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
