"""Dashboard in CloudWatch."""

from __future__ import annotations

import json
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from mwaa.monitoring.dashboard import Page

ALARM_ARN = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"


def add_dashboard(
    scope: Construct,
    construct_id: str,
    *,
    name: str,
    page: Page,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Adds a dashboard.

    - `name`: its name, to which the Region is added: dashboards are of an account, not of a Region,
      and two of one name would be one.
      https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
    - `variables`: values, known when it is deployed, of what the page has as `${name}`.
    """
    body = page.body(region="${AWS::Region}", alarm_arn=ALARM_ARN)
    cloudwatch.CfnDashboard(
        scope,
        construct_id,
        dashboard_name=cdk.Fn.sub(f"{name}-${{AWS::Region}}"),
        dashboard_body=cdk.Fn.sub(json.dumps(body, separators=(",", ":")), variables),
    )
