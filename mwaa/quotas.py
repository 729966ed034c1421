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

ENVIRONMENTS = 10
WORKERS = 25
"""Of an environment."""

VPCS = 5
ELASTIC_ADDRESSES = 5
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
