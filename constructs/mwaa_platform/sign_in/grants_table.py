"""DynamoDB table of grants: who may open which environment under which roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from mwaa_platform.custom_resource import CustomResource
from mwaa_platform.python_function import NO_RETRIES, PythonFunction, packages
from mwaa_platform.retention import RETAIN_ALWAYS


@dataclass(frozen=True, kw_only=True)
class DeclaredGrant:
    """Grant of the configuration.

    `principal` is `user:<e-mail, casefolded>`, `subject:<sub>` or `group:<name>`; `environments`
    are names, or `*` for all; without `expires` the grant never ends.
    """

    principal: str
    environments: Sequence[str]
    roles: Sequence[str]
    expires: datetime | None = None


class GrantsTable(Construct):
    """Table, and a custom resource that reconciles the configuration's grants in it.

    An item holds the grants of one `principal` from one `source`, "configuration" or "manual": its
    attribute `grants` maps an environment to its roles and expiry. One with the source "block"
    blocks its principal.
    """

    table: dynamodb.Table
    function_name: str
    """Of the function that writes the declared grants."""

    def __init__(
        self, scope: Construct, construct_id: str, *, declared: Sequence[DeclaredGrant]
    ) -> None:
        """Adds the table; `declared` are all grants of the configuration."""
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="principal", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="source", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=True,
            removal_policy=RETAIN_ALWAYS,
        )
        self._reconcile(declared)

    def grant_lookup(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allows lookups by principal, without scans."""
        return self.table.grant(grantee, "dynamodb:BatchGetItem")

    def _reconcile(self, declared: Sequence[DeclaredGrant]) -> None:
        reconciler = PythonFunction(
            self,
            "Reconciler",
            code=packages("custom_resource", "grants_reconciler"),
            handler="grants_reconciler.handler.handle",
            description="Keeps the configuration's grants in the table.",
            memory_size=256,
            retry_attempts=NO_RETRIES,
            timeout=cdk.Duration.minutes(2),
        )
        self.function_name = reconciler.function.function_name
        CustomResource(
            self,
            "Grants",
            function=reconciler,
            permissions=self.table.grant(
                reconciler.role, "dynamodb:Scan", "dynamodb:BatchWriteItem"
            ),
            resource_type="Custom::Grants",
            properties={"TableName": self.table.table_name, "Grants": _by_principal(declared)},
        )


def _by_principal(declared: Sequence[DeclaredGrant]) -> list[Mapping[str, Any]]:
    environments: dict[str, dict[str, Any]] = {}
    for grant in declared:
        terms: dict[str, Any] = {"Roles": sorted(grant.roles)}
        if grant.expires:
            terms["Expires"] = str(int(grant.expires.timestamp()))
        granted = environments.setdefault(grant.principal, {})
        granted |= dict.fromkeys(grant.environments, terms)
    return [
        {"Principal": principal, "Environments": dict(sorted(grants.items()))}
        for principal, grants in sorted(environments.items())
    ]
