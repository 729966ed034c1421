"""Removal policies of what holds data, and retention periods of logs."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

RETAIN = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
"""For data. A resource whose first creation fails is deleted, which frees its name."""

RETAIN_ALWAYS = cdk.RemovalPolicy.RETAIN
"""For data that CloudFormation cannot delete: a bucket with objects, a protected table. With
RETAIN, the rollback of a failed first creation would fail as well."""

OPERATIONAL_LOGS = logs.RetentionDays.THREE_MONTHS
AUDIT_LOGS = logs.RetentionDays.ONE_YEAR
