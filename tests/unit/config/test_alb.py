"""The load balancer: its names, its certificate, and an existing VPC to stand in."""

from __future__ import annotations

from typing import Any

import pytest

from config.alb import HostInZone, NamedVpc
from tests.unit.config.configurations import (
    ALB,
    NAMED_VPC,
    NAMES,
    QUICK_START,
    draft,
    mistakes_in,
    parse,
    quick_start,
    warnings_of,
    with_environment,
    without,
    words,
)


@pytest.mark.parametrize(
    ("alb", "path", "reason", "hint"),
    [
        ({}, "Alb.CertificateArn", "Missing: a certificate", "DomainName and HostedZoneId"),
        (
            {"DomainName": "airflow.example.com"},
            "Alb.CertificateArn",
            "Missing: a certificate",
            "DomainName and HostedZoneId",
        ),
        (
            {"CertificateArn": "..."},
            "Alb.CertificateArn",
            "Not filled in yet: ARN of the certificate",
            "Or take the key out and give DomainName and HostedZoneId",
        ),
        ({**ALB, "HostedZoneId": "Z1"}, "Alb.HostedZoneId", "for which name?", "Give DomainName"),
        (
            {**NAMES, "HostedZoneId": "/hostedzone/Z0123"},
            "Alb.HostedZoneId",
            "the id of a hosted zone",
            "Leave out /hostedzone/.",
        ),
        (
            {**NAMES, "HostedZoneId": "example.com"},
            "Alb.HostedZoneId",
            "the id of a hosted zone",
            "Route 53 lists its id beside it.",
        ),
        ({**NAMES, "WebAclArn": "sign-in"}, "Alb.WebAclArn", "a regional web ACL of WAFv2", ""),
        (
            {
                **NAMES,
                "WebAclArn": "arn:aws:wafv2:us-east-1:111122223333:global/webacl/sign-in/1-2",
            },
            "Alb.WebAclArn",
            "a regional web ACL",
            "CloudFront",
        ),
        (
            {
                **NAMES,
                "WebAclArn": "arn:aws:waf-regional:us-east-1:111122223333:webacl/1-2",
            },
            "Alb.WebAclArn",
            "a regional web ACL",
            "WAFv2",
        ),
        ({**NAMES, "DomainNam": "x"}, "Alb.DomainNam", "no such key", "Did you mean DomainName?"),
        ({**NAMES, "UiHost": "x"}, "Alb.UiHost", "no such key", "belongs in MwaaEnvironments."),
    ],
)
def test_a_mistake_in_names_and_certificate(
    alb: dict[str, Any], path: str, reason: str, hint: str
) -> None:
    found = words(draft(Alb=alb), path)
    assert reason in found[0]
    assert hint in found[1]


@pytest.mark.parametrize(
    ("raw", "path", "home"),
    [
        (draft(DomainName="airflow.example.com"), "DomainName", "Alb"),
        (with_environment(DomainName="a.example.com"), "MwaaEnvironments[0].DomainName", "Alb"),
        (
            draft(CustomerVpc={"VpcId": "vpc-0123456789abcdef0"}),
            "CustomerVpc.VpcId",
            "Alb or Quick",
        ),
        (draft(Alb={**ALB, "RbacRoleName": "Op"}), "Alb.RbacRoleName", "QuickStart"),
    ],
)
def test_a_key_in_the_wrong_section_is_told_its_own(
    raw: dict[str, Any], path: str, home: str
) -> None:
    assert f"belongs in {home}" in words(raw, path)[1]


def test_a_name_and_its_zone_stand_in_for_a_certificate() -> None:
    assert parse(draft(Alb=NAMES)).alb.certificate_arn is None


def test_a_certificate_is_given_or_made_for_the_portal() -> None:
    made_for = HostInZone(host=NAMES["DomainName"], hosted_zone_id=NAMES["HostedZoneId"])

    assert parse(draft(Alb=NAMES)).alb.certificate == made_for
    assert parse(draft(Alb={**NAMES, **ALB})).alb.certificate == ALB["CertificateArn"]
    assert parse(draft()).alb.certificate == ALB["CertificateArn"]


@pytest.mark.parametrize("tables", [True, False])
def test_the_load_balancer_stands_in_the_vpc_that_is_named(tables: bool) -> None:
    given = NAMED_VPC if tables else without(NAMED_VPC, "RouteTableIds")
    found = parse(draft(Alb={**ALB, **given}, MwaaEnvironments=[{"Name": "finance"}]))

    assert found.alb.named_vpc == NamedVpc(
        vpc_id=NAMED_VPC["VpcId"],
        cidr=NAMED_VPC["VpcCIDR"],
        subnet_ids=tuple(NAMED_VPC["SubnetIds"]),
        route_table_ids=tuple(NAMED_VPC["RouteTableIds"]) if tables else (),
    )
    assert found.alb_vpc_cidr == NAMED_VPC["VpcCIDR"]


def test_without_a_named_vpc_the_load_balancer_has_its_own() -> None:
    found = parse(draft())

    assert found.alb.named_vpc is None
    assert found.alb_vpc_cidr == found.customer_vpc.vpc_cidr


@pytest.mark.parametrize("key", ["VpcId", "SubnetIds", "VpcCIDR"])
def test_a_named_vpc_is_named_whole(key: str) -> None:
    reason, hint = words(draft(Alb={**ALB, **without(NAMED_VPC, key)}), f"Alb.{key}")
    assert reason.startswith("Missing beside ")
    assert "VpcId, SubnetIds, VpcCIDR together" in hint


def test_every_missing_part_of_a_named_vpc_is_named() -> None:
    raw = draft(Alb={**ALB, "VpcId": "vpc-wrong"}, MwaaEnvironments=[{"Name": "finance"}])
    assert set(mistakes_in(raw)) == {"Alb.VpcId", "Alb.SubnetIds", "Alb.VpcCIDR"}


@pytest.mark.parametrize(
    ("mode", "needed"),
    [("PRIVATE_ONLY", True), ("PUBLIC_AND_PRIVATE", True), ("PUBLIC_ONLY", False)],
)
def test_route_tables_are_needed_to_reach_new_private_environments(mode: str, needed: bool) -> None:
    raw = with_environment(WebServerAccessMode=mode)
    raw["Alb"] |= without(NAMED_VPC, "RouteTableIds")
    assert list(mistakes_in(raw)) == (["Alb.RouteTableIds"] if needed else [])
    raw["MwaaEnvironments"] = [{"Name": "finance"}]
    assert not mistakes_in(raw)


def test_a_named_vpc_takes_the_place_of_that_of_the_stack() -> None:
    raw = with_environment(VpcCIDR="192.168.0.0/16")
    assert list(mistakes_in(raw)) == ["MwaaEnvironments[0].VpcCIDR"]
    raw["Alb"] |= NAMED_VPC
    configuration = parse(raw)
    assert configuration.alb_vpc_cidr == "10.20.0.0/16"
    assert configuration.alb_ingress_cidrs == ("10.20.0.0/16",)
    overlapping = {**raw, "MwaaEnvironments": [{"Name": "a", "VpcCIDR": "10.20.0.0/17"}]}
    overlapping["MwaaEnvironments"][0]["PrivateSubnetMask"] = 19
    reason, _ = words(overlapping, "MwaaEnvironments[0].VpcCIDR")
    assert reason == "10.20.0.0/17 overlaps 10.20.0.0/16 of Alb.VpcCIDR."


TWICE = "subnet-0123456789abcdef0"


@pytest.mark.parametrize(
    ("keys", "path", "reason", "hint"),
    [
        ({"SubnetIds": [TWICE]}, "SubnetIds", "needs two subnets at least", ""),
        ({"SubnetIds": []}, "SubnetIds", "needs two subnets at least", ""),
        ({"SubnetIds": [TWICE, TWICE]}, "SubnetIds", f"{TWICE} stands here twice", "Keep one"),
        ({"SubnetIds": TWICE}, "SubnetIds", "a list [ … ], not a text", ""),
        ({"SubnetIds": [TWICE, "vpc-1"]}, "SubnetIds[1]", "id of a subnet", "the id of a VPC."),
        ({"SubnetIds": [TWICE, "..."]}, "SubnetIds[1]", "Not filled in yet: IDs of subnets", ""),
        ({"VpcId": "sg-0123456789abcdef0"}, "VpcId", "id of a VPC", "the id of a security group."),
        ({"VpcId": "main"}, "VpcId", "the id of a VPC, such as vpc-0123456789abcdef0", ""),
    ],
)
@pytest.mark.parametrize("section", ["Alb", "QuickStart"])
def test_a_mistake_in_the_ids_of_a_network(
    section: str, keys: dict[str, Any], path: str, reason: str, hint: str
) -> None:
    raw = (
        quick_start(**keys) if section == "QuickStart" else draft(Alb={**ALB, **NAMED_VPC, **keys})
    )
    found = words(raw, f"{section}.{path}")
    assert reason in found[0]
    assert hint in found[1]


@pytest.mark.parametrize(
    ("tables", "path", "reason"),
    [
        ([], "Alb.RouteTableIds", "must not be empty"),
        (["rtb-0123456789abcdef0"] * 2, "Alb.RouteTableIds", "stands here twice"),
        (["subnet-0123456789abcdef0"], "Alb.RouteTableIds[0]", "the id of a route table"),
    ],
)
def test_a_mistake_in_route_tables(tables: list[str], path: str, reason: str) -> None:
    assert reason in words(draft(Alb={**ALB, **NAMED_VPC, "RouteTableIds": tables}), path)[0]


def test_a_named_vpc_warns_of_what_is_not_used_and_of_who_cannot_connect() -> None:
    raw = draft(Alb={**ALB, **NAMED_VPC}, CustomerVpc={"NatGateways": 0})
    text = warnings_of(raw)
    assert "CustomerVpc: not used" in text
    assert "only addresses of 10.20.0.0/16 may connect" in text
    assert "NAT gateway" not in text
    wide = draft(Alb={**ALB, **NAMED_VPC, "InternetFacing": True})
    assert "only addresses of" not in warnings_of(wide)


WEB_ACL = f"arn:aws:wafv2:us-east-1:111122223333:regional/webacl/sign-in/{'1' * 8}"
OPEN = {**ALB, "InternetFacing": True}


@pytest.mark.parametrize(
    ("raw", "warned"),
    [
        (draft(Alb=OPEN), True),
        (draft(Alb={**OPEN, "AllowedCidrs": ["203.0.113.0/24"]}), False),
        (draft(Alb={**OPEN, "AllowedCidrs": ["0.0.0.0/0"]}), True),
        (draft(Alb={**OPEN, "AllowedCidrs": ["0.0.0.0/1", "128.0.0.0/1"]}), True),
        (draft(Alb={**OPEN, "AllowedCidrs": ["0.0.0.0/0"], "WebAclArn": WEB_ACL}), False),
        (draft(Alb={**OPEN, "WebAclArn": WEB_ACL}), False),
        (quick_start({**OPEN, "AllowedCidrs": ["0.0.0.0/0"]}, SecurityGroupId=""), True),
        (quick_start({**OPEN, "AllowedCidrs": ["8.0.0.0/8"]}, SecurityGroupId=""), False),
        (draft(Alb={**OPEN, "InternetFacing": False}), False),
        (quick_start(OPEN, SecurityGroupId=""), True),
        (quick_start(OPEN), False),
        (draft(Alb=OPEN, QuickStart=QUICK_START), True),
    ],
)
def test_a_load_balancer_open_to_the_internet_warns(raw: dict[str, Any], *, warned: bool) -> None:
    assert ("Alb.InternetFacing: everybody on the internet" in warnings_of(raw)) is warned


def test_ranges_that_hold_much_of_the_internet_do_not_limit() -> None:
    half = draft(Alb={**OPEN, "AllowedCidrs": ["128.0.0.0/1"]})
    text = warnings_of(half)
    assert "Alb.InternetFacing: much of the internet may connect" in text
    assert "Alb.AllowedCidrs (together a /8 of public addresses at most)" in text


@pytest.mark.parametrize(
    ("ranges", "limited"),
    [
        (["0.0.0.0/0"], False),
        (["0.0.0.0/1", "128.0.0.0/1"], False),
        (["203.0.113.0/24", "0.0.0.0/1"], False),
        ([f"{first}.0.0.0/8" for first in range(1, 224, 2)], False),
        (["8.0.0.0/7"], False),
        (["8.0.0.0/8", "203.0.113.7/32"], False),
        (["8.0.0.0/8"], True),
        (["8.0.0.0/9", "8.128.0.0/9", "8.1.0.0/16"], True),
        (["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "8.0.0.0/8"], True),
        (["172.0.0.0/8"], True),
        (["203.0.113.0/24", "198.51.100.0/24"], True),
    ],
)
def test_ranges_limit_up_to_a_slash_8_of_public_addresses(
    ranges: list[str], *, limited: bool
) -> None:
    open_to_all = parse(draft(Alb={**OPEN, "AllowedCidrs": ranges})).is_open
    assert open_to_all is not limited
    assert not parse(draft(Alb={**ALB, "AllowedCidrs": ranges})).is_open
