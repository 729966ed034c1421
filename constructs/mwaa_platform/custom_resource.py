"""Custom resource whose Lambda function runs only once its permissions exist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from constructs import Construct, IDependable

from mwaa_platform.python_function import PythonFunction

FILE_TRANSFER_TIMEOUT = cdk.Duration.minutes(5)
"""Timeout of a function that copies files: S3 copies a plugins.zip with wheels, of up to a
gigabyte, in less."""

RETRIES = "EventInvokeConfig"
"""Construct id that the CDK gives a function's setting of retries."""

RESPONSE_MARGIN = cdk.Duration.minutes(1)


class CustomResource(cdk.CustomResource):
    """Resource that a function creates, updates and deletes.

    The function also has its setting of retries by then: an event of before would be retried twice,
    after the rollback. CloudFormation calls the function for the deletion before it deletes the
    function's permissions, and waits for its response longer than the function can run, so that a
    rollback never overlaps with a run.
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
        """Adds the resource.

        - `function`: handles CloudFormation's events; made with `NO_RETRIES`.
        - `permissions`: what grants the function its work; the log needs none of it.
        - `resource_type`: begins with `Custom::`.
        - `properties`: `ResourceProperties` of each event. CloudFormation turns numbers into text.
        """
        super().__init__(
            scope,
            construct_id,
            service_token=function.function.function_arn,
            service_timeout=function.timeout.plus(RESPONSE_MARGIN),
            resource_type=resource_type,
            properties=dict(properties),
        )
        # Not on the whole function: a schedule's permission to call it may come later.
        self.node.add_dependency(permissions, function.function.node.find_child(RETRIES))
