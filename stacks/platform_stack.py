"""What all stacks share."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk

MOST_ZONES = 6


class PlatformStack(cdk.Stack):
    """A stack whose template is the same whether or not account and Region are known."""

    @property
    def availability_zones(self) -> list[str]:
        """The Region's zones, as CloudFormation knows them.

        The CDK would look them up in the account, at the price of a second synthesis and of a
        template that depends on who made it.
        """
        return [cdk.Fn.select(index, cdk.Fn.get_azs()) for index in range(MOST_ZONES)]

    def export_values(self, values: Sequence[str]) -> None:
        """Export values whether or not another stack uses them yet.

        A stack that is added or removed later then leaves this one as it is.
        """
        for value in values:
            self.export_value(value)
