"""Function that looks up where a private web server is, at deployment and every five minutes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as events_targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa_platform.python_function import NO_RETRIES, PythonFunction, packages

INTERVAL = cdk.Duration.minutes(5)
DESCRIPTIONS = ("ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcEndpoints")
"""Actions that find the endpoint of a web server; they know no resources in IAM."""


def lookup_function(
    scope: Construct, construct_id: str, *, package: str, description: str
) -> PythonFunction:
    """Adds the function of a package of lambda/, which has a custom resource."""
    return PythonFunction(
        scope,
        construct_id,
        code=packages("custom_resource", "web_server_endpoint", package),
        handler=f"{package}.handler.handle",
        description=description,
        memory_size=256,
        retry_attempts=NO_RETRIES,  # the schedule is its own retry
        timeout=cdk.Duration.minutes(1),
        environment={"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "5"},
    )


def get_environment(scope: Construct, environment_name: str) -> iam.PolicyStatement:
    """Allows to ask MWAA about one environment."""
    environment = cdk.Stack.of(scope).format_arn(
        service="airflow", resource="environment", resource_name=environment_name
    )
    return iam.PolicyStatement(actions=["airflow:GetEnvironment"], resources=[environment])


def repeat(
    scope: Construct,
    *,
    function: PythonFunction,
    resource: cdk.CustomResource,
    properties: Mapping[str, Any],
) -> None:
    """Runs the function every five minutes with the properties of its custom resource.

    The schedule goes before the resource, so that no run follows the resource's deletion.
    """
    schedule = events.Rule(
        scope,
        "Schedule",
        schedule=events.Schedule.rate(INTERVAL),
        targets=[
            events_targets.LambdaFunction(
                function.function, event=events.RuleTargetInput.from_object(dict(properties))
            )
        ],
    )
    schedule.node.add_dependency(resource)
