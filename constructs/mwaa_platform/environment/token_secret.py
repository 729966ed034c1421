"""The secret that holds the catalogue's token."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from mwaa_platform.nag import acknowledge


class LineageTokenSecret(secretsmanager.CfnSecret):
    """Made without a value, for an operator to put in: no template ever holds one.

    The name is generated, because a name stays taken while its deletion is pending.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, environment_name: str, catalogue: str
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Lineage token for {catalogue} of the MWAA environment {environment_name}",
        )
        self.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        acknowledge(
            self,
            {
                "AwsSolutions-SMG4": "The catalogue issues the token and AWS cannot renew it; the "
                "environment follows a new one without a deployment."
            },
        )
