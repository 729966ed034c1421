"""Secret of a catalogue's token."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from mwaa_platform.nag import acknowledge


class LineageTokenSecret(secretsmanager.CfnSecret):
    """Secret without a value, which an operator sets: no template contains a token.

    The name is generated, because a name stays taken while its deletion is pending.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, environment_name: str, catalogue: str
    ) -> None:
        """Adds the secret; `catalogue` is the provider's name, for the description."""
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
