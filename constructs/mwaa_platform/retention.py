"""What outlives its stack, and for how long logs are kept."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

RETAIN = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
"""For what holds data. It goes when its first creation fails, so that its name is free again."""

RETAIN_ALWAYS = cdk.RemovalPolicy.RETAIN
"""For what holds data and CloudFormation could not delete: a bucket with a file in it, a protected
table. With RETAIN, a first creation that fails could then not be rolled back."""

OPERATIONAL_LOGS = logs.RetentionDays.THREE_MONTHS
AUDIT_LOGS = logs.RetentionDays.ONE_YEAR
