"""Grants: the table of grants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config.grants import Grant
from mwaa_platform.sign_in.grants_table import DeclaredGrant, GrantsTable
from stacks.platform_stack import PlatformStack


class GrantsStack(PlatformStack):
    """Stack with termination protection, whose table outlives it."""

    grants: GrantsTable

    def __init__(
        self, scope: Construct, construct_id: str, *, grants: Sequence[Grant], **stack: Any
    ) -> None:
        super().__init__(scope, construct_id, termination_protection=True, **stack)
        declared = [
            DeclaredGrant(
                principal=grant.principal,
                environment=environment,
                roles=grant.roles,
                expires=grant.expires,
            )
            for grant in grants
            for environment in grant.environments
        ]
        self.grants = GrantsTable(self, "Grants", declared=declared)
        cdk.CfnOutput(self, "TableName", value=self.grants.table.table_name)
