"""Grants: the table of grants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import aws_cdk as cdk
from constructs import Construct

from config.grants import Grant
from mwaa_platform.sign_in.grants_table import DeclaredGrant, GrantsTable
from stacks.platform_stack import PlatformStack, StackProps


class GrantsStack(PlatformStack):
    """Stack whose table outlives it."""

    grants: GrantsTable

    def __init__(
        self, scope: Construct, *, grants: Sequence[Grant], **props: Unpack[StackProps]
    ) -> None:
        super().__init__(scope, **props)
        declared = [
            DeclaredGrant(
                principal=grant.principal,
                environments=grant.environments,
                roles=grant.roles,
                expires=grant.expires,
            )
            for grant in grants
        ]
        self.grants = GrantsTable(self, "Grants", declared=declared)
        # With or without the alarm that imports it, so that this stack can be updated first.
        self.export_values([self.grants.function_name])
        cdk.CfnOutput(self, "TableName", value=self.grants.table.table_name)
