"""More networks than a Region of an account begins with, and more than AWS joins at all."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from config.checks.grants import _size
from config.checks.partial import partial
from config.grants import Grant
from tests.templates.synthesis import synthesise
from tests.unit.config.configurations import (
    ALB,
    NAMED_VPC,
    draft,
    mistakes_in,
    parse,
    warnings_about,
    warnings_of,
    with_environment,
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
    assert reason == (
        "The VPCs of 126 private environments are more than the 125 that AWS peers with one."
    )
    assert hint == (
        "Join them by a transit gateway (Connectivity), or divide them among two applications, "
        "each with an AppName of its own."
    )


@pytest.mark.parametrize(
    ("new", "others", "doubted"), [(10, 0, False), (11, 0, True), (8, 3, True), (0, 11, False)]
)
def test_more_environments_than_a_region_begins_with_are_doubted(
    new: int, others: int, doubted: bool
) -> None:
    existing = [{"Name": f"existing-{number}"} for number in range(others)]
    raw = draft(MwaaEnvironments=[*environments(new, public=new), *existing])
    expected = (
        f"MwaaEnvironments: {new} new environments and {others} that exist are more than the quota "
        "of 10 that a Region of an account begins with."
    )
    assert (expected in warnings_about(parse(raw))) is doubted


@pytest.mark.parametrize(("hosts", "refused"), [(99, False), (100, True)])
def test_more_hosts_than_a_load_balancer_has_target_groups_for_are_a_mistake(
    hosts: int, refused: bool
) -> None:
    entries = [
        {"Name": f"existing-{number}", "UiHost": f"e{number}.airflow.example.net"}
        for number in range(hosts)
    ]
    raw = draft(MwaaEnvironments=entries, Alb={**ALB, "DomainName": "airflow.example.com"})
    mistakes = mistakes_in(raw)
    assert (mistakes.keys() == {"MwaaEnvironments"}) is refused
    if refused:
        assert mistakes["MwaaEnvironments"].message == (
            "100 of them have a UiHost, each with a target group of its own, and the load balancer "
            "has room for 99."
        )


@pytest.mark.parametrize(("count", "doubted"), [(30, False), (31, True)])
def test_more_ranges_than_a_security_group_begins_with_are_doubted(
    count: int, doubted: bool
) -> None:
    ranges = [f"10.{number}.0.0/16" for number in range(count)]
    expected = (
        f"Alb.AllowedCidrs: {count} ranges take {2 * count} rules of a security group, for ports "
        "443 and 80, more than the quota of 60 that an account begins with. Merge ranges, or have "
        "the quota raised."
    )
    assert (expected in warnings_of(draft(Alb={**ALB, "AllowedCidrs": ranges}))) is doubted


@pytest.mark.parametrize(
    ("alb", "vpc", "place"),
    [
        ({}, {"PrivateSubnetMask": 27}, None),
        ({}, {"PrivateSubnetMask": 28}, "CustomerVpc.PrivateSubnetMask"),
        ({}, {"PublicSubnetMask": 28}, None),
        ({"InternetFacing": True}, {"PublicSubnetMask": 28}, "CustomerVpc.PublicSubnetMask"),
        (NAMED_VPC, {"PrivateSubnetMask": 28}, None),
    ],
)
def test_subnets_too_small_for_a_load_balancer_are_a_mistake(
    alb: dict[str, Any], vpc: dict[str, Any], place: str | None
) -> None:
    raw = draft(Alb={**ALB, **alb}, CustomerVpc=vpc)
    if place is None:
        assert mistakes_in(raw) == {}
        return
    assert words(raw, place) == (
        "The load balancer stands in these subnets, and /28 is too small: it takes /27 at least.",
        "Take 27, or less.",
    )


@pytest.mark.parametrize(
    ("cidr", "host", "refused"),
    [
        ("11.1.0.0/16", True, True),
        ("11.1.0.0/16", False, False),
        ("100.64.0.0/16", True, False),
        ("172.31.0.0/16", True, False),
        ("172.32.0.0/16", True, True),
    ],
)
def test_addresses_that_a_load_balancer_cannot_forward_to_are_a_mistake(
    cidr: str, host: bool, refused: bool
) -> None:
    entry = {"VpcCIDR": cidr, **({"UiHost": "a.airflow.example.net"} if host else {})}
    raw = with_environment(**entry)
    raw["Alb"]["DomainName"] = "airflow.example.com"
    if not refused:
        assert mistakes_in(raw) == {}
        return
    reason, hint = words(raw, "MwaaEnvironments[0].VpcCIDR")
    assert reason == (
        f"With UiHost the load balancer forwards to addresses of {cidr}, and into another VPC it "
        "does so only within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10."
    )
    assert hint == "Take a range of these, or UiHost out."


def test_a_version_that_is_not_given_is_doubted() -> None:
    raw = draft(MwaaEnvironments=[{"Name": "analytics", "VpcCIDR": "10.1.0.0/16"}])
    assert warnings_of(raw) == (
        "analytics: AirflowVersion is not given. It is 3.3.1 today, and a later release of the "
        "platform, with another default, would upgrade the environment: write it down."
    )


@pytest.mark.parametrize(("people", "refused"), [(3000, False), (5000, True)])
def test_more_grants_than_an_event_carries_are_a_mistake(people: int, refused: bool) -> None:
    grants = [
        {"User": f"person-{number}@example.com", "Environments": "*", "Roles": ["Op", "User"]}
        for number in range(people)
    ]
    mistakes = mistakes_in(draft(Grants=grants))
    assert (mistakes.keys() == {"Grants"}) is refused
    if refused:
        assert "a deployment can bring 504 KB into the table" in mistakes["Grants"].message


def test_grants_count_as_the_event_has_them() -> None:
    grants = [
        {"User": f"person-{number}@example.com", "Environments": "*", "Roles": ["Op", "User"]}
        for number in range(500)
    ]
    estimated = sum(map(_size, (partial(Grant, each) for each in grants)))
    sent = json.dumps(synthesise(draft(Grants=grants)).templates["Grants"])
    [resource] = re.findall(r'"Grants": (\[.*?\}\}\}\])', sent)
    assert 0 <= estimated - len(resource) < 0.3 * estimated
