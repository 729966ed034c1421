"""Removal policies of what holds data, and retention periods of logs."""

from __future__ import annotations

from types import MappingProxyType

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

from mwaa.log_groups import RETENTION_DAYS

RETAIN = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
"""For logs of a fixed name, which one that is left of a failed creation would block for the next
creation, and for those of functions. A resource whose first creation fails is deleted."""

RETAIN_ALWAYS = cdk.RemovalPolicy.RETAIN
"""For data, and the key that it is encrypted with, under generated names: what is left of a failed
creation can be read, and is in nobody's way. Nor could CloudFormation roll the creation of a bucket
with objects or of a protected table back."""

OPERATIONAL_LOGS = logs.RetentionDays.THREE_MONTHS
RETENTION = MappingProxyType(dict(zip(RETENTION_DAYS, logs.RetentionDays, strict=False)))
"""Retention periods by their days, in whose order they are; the last has none."""

AUDIT_LOGS = logs.RetentionDays.ONE_YEAR
