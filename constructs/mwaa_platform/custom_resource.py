"""A custom resource whose function is called only once it may do what it must."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from constructs import Construct, IDependable

from mwaa_platform.python_function import PythonFunction

LONGEST_RUN = cdk.Duration.minutes(5)
"""For a function that moves files: S3 copies a plugins.zip with wheels, which may have a gigabyte,
in less."""

ANSWERS_WITHIN = cdk.Duration.minutes(1)


class PermittedResource(cdk.CustomResource):
    """What a function makes, keeps and takes away.

    Its last call, as it is taken away, comes before the permissions go. CloudFormation waits longer
    than the function can run, so that a rollback never finds it still at work.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: PythonFunction,
        permissions: IDependable,
        resource_type: str,
        properties: Mapping[str, Any],
    ) -> None:
        """`permissions` are the function's, beside that to write its log.

        `resource_type` begins with `Custom::`.
        """
        super().__init__(
            scope,
            construct_id,
            service_token=function.function.function_arn,
            service_timeout=function.timeout.plus(ANSWERS_WITHIN),
            resource_type=resource_type,
            properties=dict(properties),
        )
        self.node.add_dependency(permissions)
