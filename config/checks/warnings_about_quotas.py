"""What may be more than an account's networks begin with.

The figures are AWS's for one Region: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.model import Configuration

VPCS_QUOTA = 5
ADDRESSES_QUOTA = 5
PEERINGS_QUOTA = 50
MOST_PEERINGS = 125


def warnings_about_quotas(configuration: Configuration) -> Iterator[str]:
    """See `config.warnings.find`."""
    new = configuration.new_environments
    has_own_vpc = configuration.has_portal and not configuration.alb.vpc_id
    vpcs = [*([configuration.customer_vpc] if has_own_vpc else []), *(each.vpc for each in new)]
    if len(vpcs) > VPCS_QUOTA:
        yield (
            f"MwaaEnvironments: {len(vpcs)} VPCs are more than the quota of {VPCS_QUOTA} that a "
            "Region of an account begins with, in which its default VPC counts as well."
        )
    gateways = sum(vpc.nat_gateways for vpc in vpcs)
    if gateways > ADDRESSES_QUOTA:
        yield (
            f"NatGateways: {gateways} of them take as many Elastic IP addresses, more than the "
            f"quota of {ADDRESSES_QUOTA} that a Region of an account begins with."
        )
    peered = sum(each.is_private for each in new)
    if peered > PEERINGS_QUOTA:
        yield (
            f"MwaaEnvironments: {peered} new private environments are peered with the load "
            f"balancer's VPC, more than the quota of {PEERINGS_QUOTA} that a VPC begins with; "
            f"{MOST_PEERINGS} is the most that AWS raises it to."
        )
