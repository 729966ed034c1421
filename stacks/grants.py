"""Grants: the table of who may open what. It outlives everything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from config.grants import Grant
from mwaa_platform.sign_in.grants_table import DeclaredGrant, GrantsTable
from stacks.platform_stack import PlatformStack


class GrantsStack(PlatformStack):
    """The table and the configuration's grants in it. The stack cannot be deleted by mistake."""

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
