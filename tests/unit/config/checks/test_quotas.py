"""More networks than a Region of an account begins with, and more than AWS joins at all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.config.configurations import (
    ALB,
    NAMED_VPC,
    draft,
    parse,
    warnings_about,
    words,
)

VPCS = (
    "MwaaEnvironments: {} VPCs are more than the quota of 5 that a Region of an account begins "
    "with, in which its default VPC counts as well."
)
ADDRESSES = (
    "NatGateways: {} of them take as many Elastic IP addresses, more than the quota of 5 that a "
    "Region of an account begins with."
)
PEERINGS = (
    "MwaaEnvironments: {} new private environments are peered with the load balancer's VPC, more "
    "than the quota of 50 that a VPC begins with; 125 is the most that AWS raises it to."
)


def environments(count: int, *, public: int = 0, **keys: Any) -> list[dict[str, Any]]:
    """New environments, the first of them public, in ranges that do not overlap."""
    return [
        {
            "Name": f"env-{number}",
            "VpcCIDR": f"10.{number}.0.0/16",
            "AirflowVersion": "3.3.1",
            "WebServerAccessMode": "PUBLIC_ONLY" if number < public else "PRIVATE_ONLY",
            **keys,
        }
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("raw", "doubts"),
    [
        (draft(MwaaEnvironments=environments(4)), ()),
        (draft(MwaaEnvironments=environments(5)), (VPCS.format(6), ADDRESSES.format(6))),
        (
            draft(MwaaEnvironments=environments(5), Alb={**ALB, **NAMED_VPC}),
            (),
        ),
        (
            draft(MwaaEnvironments=environments(6), Alb={**ALB, **NAMED_VPC}),
            (VPCS.format(6), ADDRESSES.format(6)),
        ),
        (draft(MwaaEnvironments=environments(5, NatGateways=0)), (VPCS.format(6),)),
        (draft(MwaaEnvironments=environments(3, NatGateways=2)), (ADDRESSES.format(7),)),
        (draft(MwaaEnvironments=[*environments(4), {"Name": "finance"}]), ()),
    ],
    ids=[
        "as many as there may be",
        "one too many",
        "none for the load balancer",
        "one too many beside a named one",
        "no gateways",
        "two gateways each",
        "one that exists",
    ],
)
def test_more_networks_than_a_region_begins_with_are_doubted(
    raw: dict[str, Any], doubts: tuple[str, ...]
) -> None:
    assert (
        tuple(each for each in warnings_about(parse(raw)) if "AllowedCidrs" not in each) == doubts
    )


@pytest.mark.parametrize(
    ("count", "public", "doubted"),
    [(50, 0, False), (51, 0, True), (51, 1, False), (125, 0, True), (130, 5, True)],
)
def test_more_peerings_than_a_vpc_begins_with_are_doubted(
    count: int, public: int, doubted: bool
) -> None:
    raw = draft(MwaaEnvironments=environments(count, public=public))
    expected = PEERINGS.format(count - public)
    assert (expected in warnings_about(parse(raw))) is doubted


def test_more_peerings_than_aws_allows_are_a_mistake() -> None:
    reason, hint = words(draft(MwaaEnvironments=environments(126)), "MwaaEnvironments")
    assert (
        reason == "126 new private environments are more than the 125 VPCs that AWS peers with one."
    )
    assert hint == "Divide them among two applications, each with an AppName of its own."
