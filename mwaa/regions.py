"""Regions and partitions: where MWAA is, and what a deployment's ARNs begin with."""

from __future__ import annotations

from dataclasses import dataclass

WITH_ENVIRONMENTS = frozenset(
    {
        *("af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
        *("ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3"),
        *("ap-southeast-4", "ap-southeast-5", "ap-southeast-7", "ca-central-1", "ca-west-1"),
        *("cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1"),
        *("eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1"),
        *("me-central-1", "me-south-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1"),
        "us-west-2",
    }
)
"""Regions in which AWS lists MWAA, and CloudFormation has its type.

By AWS's list of endpoints, as botocore ships it, and CloudFormation's schemas, as cfn-lint does:
https://docs.aws.amazon.com/general/latest/gr/mwaa.html
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

WITHOUT_ENVIRONMENTS = frozenset({"ap-east-2", "ap-southeast-6", "us-gov-east-1", "us-gov-west-1"})
"""Regions for which the same two lists agree that there is no MWAA."""

WITHOUT_GRACEFUL_UPDATES = frozenset({"ap-southeast-5", "ca-west-1"})
"""https://docs.aws.amazon.com/mwaa/latest/userguide/update-environment.html"""

PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov", "eusc": "aws-eusc"}
"""Partitions other than aws, by how the names of their Regions begin.

https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
"""

DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}
"""What the names of AWS's hosts end in, in partitions where that is not amazonaws.com."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """The Region that a configuration is deployed to, and the account, None if it is not known."""

    region: str
    account: str | None = None

    @property
    def partition(self) -> str:
        """The partition of the Region."""
        return partition_of(self.region)


def partition_of(region: str) -> str:
    """The partition of a Region, the second part of its ARNs."""
    begun = (name for begin, name in PARTITIONS.items() if region.startswith(f"{begin}-"))
    return next(begun, "aws")
