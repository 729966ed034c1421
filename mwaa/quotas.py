"""Quotas of the services that a platform stands on: what an account begins with, and what is fixed.

Those whose name begins with MOST, or LARGEST, cannot be raised. They hold for one Region of an
account.

https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-quotas.html
https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import NamedTuple

ENVIRONMENTS = 10
WORKERS = 25
"""Of an environment."""

VPCS = 5
ELASTIC_ADDRESSES = 5
NAT_GATEWAYS = 5
"""Of an Availability Zone."""
INTERFACE_ENDPOINTS = 50
"""Of a VPC."""
PEERINGS = 50
MOST_PEERINGS = 125
"""Of a VPC."""
RULES_OF_A_SECURITY_GROUP = 60
"""In each direction."""

LISTENER_RULES = 100
"""Of a load balancer, default rules not counted."""
CERTIFICATES = 25
"""Of a load balancer, default certificates not counted."""
MOST_TARGET_GROUPS = 100
"""Of a load balancer."""

LONGEST_SUBNET_PREFIX = 27
"""Of a load balancer's subnets.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
"""
TARGET_NETWORKS = tuple(
    map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
)
"""Networks of a load balancer's targets outside its VPC.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
"""

LARGEST_EVENT = 1024 * 1024
"""Bytes of an asynchronous invocation of a function, as CloudFormation invokes custom resources."""


class Quota(NamedTuple):
    """A quota that Service Quotas knows: its value where an account begins, and the most there is.

    `most` is None where AWS names no most.

    https://docs.aws.amazon.com/servicequotas/latest/userguide/intro.html
    """

    words: str
    service: str
    code: str
    default: int
    most: int | None = None


OF_ENVIRONMENTS = Quota("environments of the Region", "airflow", "L-67D41C6B", ENVIRONMENTS)
OF_WORKERS = Quota("workers of an environment", "airflow", "L-78AC1883", WORKERS)
OF_VPCS = Quota("VPCs of the Region", "vpc", "L-F678F1CE", VPCS)
OF_ELASTIC_ADDRESSES = Quota(
    "Elastic IP addresses of the Region", "ec2", "L-0263D0A3", ELASTIC_ADDRESSES
)
OF_NAT_GATEWAYS = Quota("NAT gateways of an Availability Zone", "vpc", "L-FE5A380F", NAT_GATEWAYS)
OF_PEERINGS = Quota("peering connections of a VPC", "vpc", "L-7E9ECCDB", PEERINGS, MOST_PEERINGS)
OF_INTERFACE_ENDPOINTS = Quota(
    "interface endpoints of a VPC", "vpc", "L-29B6F2EB", INTERFACE_ENDPOINTS
)
OF_LISTENER_RULES = Quota(
    "rules of a load balancer", "elasticloadbalancing", "L-7EED9B64", LISTENER_RULES
)
OF_CERTIFICATES = Quota(
    "certificates of a load balancer", "elasticloadbalancing", "L-9365A611", CERTIFICATES
)
