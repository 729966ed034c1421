"""Base class of all stacks."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk

MAX_ZONES = 6


class PlatformStack(cdk.Stack):
    """Stack whose template is the same with and without a known account and Region."""

    @property
    def availability_zones(self) -> list[str]:
        """Availability Zones of the Region, resolved by CloudFormation.

        The CDK would look them up in the account: a second synthesis, and a template that depends
        on the caller.
        """
        return [cdk.Fn.select(index, cdk.Fn.get_azs()) for index in range(MAX_ZONES)]

    def export_values(self, values: Sequence[str]) -> None:
        """Exports values, with or without a stack that imports them.

        Adding or removing such a stack then leaves this one unchanged.
        """
        for value in values:
            self.export_value(value)
