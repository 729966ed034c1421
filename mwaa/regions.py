"""Regions and partitions: where MWAA is, and what a deployment's ARNs begin with."""

from __future__ import annotations

from dataclasses import dataclass

WITHOUT_ENVIRONMENTS = frozenset(
    {"ap-east-2", "ap-southeast-6", "mx-central-1", "us-gov-east-1", "us-gov-west-1"}
)
"""Regions in which CloudFormation has no type AWS::MWAA::Environment.

By its schemas of each Region, as cfn-lint ships them:
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov", "eusc": "aws-eusc"}
"""Partitions other than aws, by how the names of their Regions begin.

https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
"""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The account and Region that a configuration is deployed to."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        """The partition of the Region."""
        return partition_of(self.region)


def partition_of(region: str) -> str:
    """The partition of a Region, the second part of its ARNs."""
    begun = (name for begin, name in PARTITIONS.items() if region.startswith(f"{begin}-"))
    return next(begun, "aws")
