"""QuickStart, alone and beside the portal."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.config.configurations import (
    ALB,
    NAMED_VPC,
    NAMES,
    QUICK_START,
    draft,
    mistakes_in,
    parse,
    quick_start,
    warnings_about,
    warnings_of,
    without,
    words,
)

WEB_ACL = f"arn:aws:wafv2:us-east-1:111122223333:regional/webacl/sign-in/{'1' * 8}"


def test_quick_start_alone_needs_no_environments() -> None:
    configuration = parse(quick_start())
    assert configuration.environments == ()
    assert not configuration.has_portal
    assert configuration.quick_start is not None
    assert configuration.quick_start.mwaa_endpoint_ips == ("10.4.0.10", "10.4.1.10")
    assert configuration.quick_start.rbac_role_name == "Viewer"


def test_what_quick_start_leaves_empty_is_found_or_made() -> None:
    raw = quick_start(
        {**ALB, "AllowedCidrs": ["10.0.0.0/8"]}, SecurityGroupId="", MwaaEndpointIps=[]
    )
    section = parse(raw).quick_start
    assert section is not None
    assert (section.security_group_id, section.mwaa_endpoint_ips) == (None, ())


@pytest.mark.parametrize(
    "section",
    [
        None,
        {},
        {"RbacRoleName": "Admin"},
        {"VpcId": "...", "RbacRoleName": "Viewer"},
        {"VpcId": "...", "SubnetIds": [], "RbacRoleName": ""},
        {"VpcId": "", "SubnetIds": ["..."], "SecurityGroupId": None, "MwaaEndpointIps": []},
    ],
)
def test_a_quick_start_that_is_not_filled_is_not_used(section: Any) -> None:
    assert parse(draft(QuickStart=section)).quick_start is None
    alone = without(draft(QuickStart=section), "MwaaEnvironments")
    assert words(alone, "MwaaEnvironments")[1] == (
        "Name one here, existing or new, or fill QuickStart."
    )


def test_a_quick_start_that_is_half_filled_names_what_is_missing() -> None:
    half = {"VpcId": "vpc-0123456789abcdef0", "SubnetIds": ["..."], "SecurityGroupId": "..."}
    mistakes = mistakes_in(without(draft(QuickStart=half), "MwaaEnvironments"))
    assert set(mistakes) == {
        "QuickStart.SubnetIds[0]",
        "QuickStart.SecurityGroupId",
        "QuickStart.MwaaEnvironmentName",
    }
    missing = mistakes["QuickStart.MwaaEnvironmentName"]
    assert missing.message == "Missing: the environment's name in MWAA."
    assert missing.remedy == "Fill the whole section, or none of it."
    assert mistakes["QuickStart.SubnetIds[0]"].remedy is None
    assert "take the key out" in (mistakes["QuickStart.SecurityGroupId"].remedy or "")


@pytest.mark.parametrize(
    ("keys", "path", "reason", "hint"),
    [
        ({"RbacRoleName": "viewer"}, "RbacRoleName", "viewer is none of: Admin", "Viewer?"),
        ({"RbacRoleName": "Editor"}, "RbacRoleName", "Editor is none of: Admin, Op", ""),
        ({"MwaaEnvironmentName": "1st"}, "MwaaEnvironmentName", "a letter, then", ""),
        ({"SecurityGroupId": "default"}, "SecurityGroupId", "the id of a security group", ""),
        ({"MwaaEndpointIps": ["10.4.0"]}, "MwaaEndpointIps[0]", "an IPv4 address", ""),
        ({"MwaaEndpointIps": ["10.4.0.0/24"]}, "MwaaEndpointIps[0]", "an IPv4 address", ""),
        ({"MwaaEndpointIps": ["fd00::1"]}, "MwaaEndpointIps[0]", "an IPv4 address", ""),
        ({"MwaaEndpointIps": ["203.0.113.5"]}, "MwaaEndpointIps[0]", "no private address", ""),
        ({"MwaaEndpointIps": ["127.0.0.1"]}, "MwaaEndpointIps[0]", "no private address", ""),
        ({"MwaaEndpointIps": ["10.4.0.10"] * 2}, "MwaaEndpointIps", "10.4.0.10 stands here", "one"),
        ({"MwaaEndpointIPs": []}, "MwaaEndpointIPs", "no such key", "MwaaEndpointIps?"),
        ({"VpcIdd": "vpc-1"}, "VpcIdd", "no such key", "VpcId?"),
        ({"DomainName": "x.example.com"}, "DomainName", "no such key", "belongs in Alb."),
    ],
)
def test_a_mistake_in_quick_start(keys: dict[str, Any], path: str, reason: str, hint: str) -> None:
    found = words(quick_start(**keys), f"QuickStart.{path}")
    assert reason in found[0]
    assert hint in found[1]


def test_an_internal_quick_start_is_told_who_may_connect() -> None:
    reason, hint = words(quick_start(SecurityGroupId=""), "Alb.AllowedCidrs")
    assert reason.startswith("Missing: who may connect to the load balancer of QuickStart")
    assert hint == "Give ranges such as 10.0.0.0/8, or QuickStart.SecurityGroupId."
    assert not mistakes_in(quick_start({**ALB, "InternetFacing": True}, SecurityGroupId=""))


def test_nothing_that_only_the_portal_reads_stands_beside_quick_start_alone() -> None:
    grants = [{"User": "viewer@example.com", "Environments": ["reporting"], "Roles": ["Viewer"]}]
    raw = {**quick_start({**ALB, **NAMED_VPC}), "Grants": grants}
    mistakes = mistakes_in(raw)
    assert set(mistakes) == {"Grants", *(f"Alb.{key}" for key in NAMED_VPC)}
    assert mistakes["Grants"].message == (
        "Nothing reads them: through QuickStart everybody enters under RbacRoleName."
    )


def test_quick_start_and_the_portal_stand_side_by_side() -> None:
    configuration = parse(draft(QuickStart=QUICK_START))
    assert configuration.has_portal
    assert configuration.quick_start is not None


def test_quick_start_does_not_open_to_everybody_what_grants_guard() -> None:
    raw = draft(QuickStart={**QUICK_START, "MwaaEnvironmentName": "analytics"})
    reason, hint = words(raw, "QuickStart.MwaaEnvironmentName")
    assert reason.startswith("MwaaEnvironments[0] is the same: through QuickStart everybody")
    assert hint == "Name it in one of the two."


def test_a_grant_for_the_environment_of_quick_start_is_told_why_not() -> None:
    grant = {"User": "viewer@example.com", "Environments": ["reporting"], "Roles": ["Viewer"]}
    raw = draft(QuickStart=QUICK_START, Grants=[grant])
    assert words(raw, "Grants[0].Environments[0]")[1] == (
        "Through QuickStart everybody opens it under one role, without grants."
    )


def test_two_load_balancers_need_a_certificate_beyond_the_portals_own() -> None:
    raw = draft(QuickStart=QUICK_START, Alb=NAMES)
    assert words(raw, "Alb.CertificateArn")[0].startswith("Missing: DomainName is the portal's")
    without_zone = {**raw, "Alb": without(NAMES, "HostedZoneId")}
    assert words(without_zone, "Alb.CertificateArn")[0].startswith("Missing: a certificate")
    assert not mistakes_in({**raw, "Alb": {**NAMES, **ALB}})
    assert not mistakes_in(quick_start(NAMES))


def test_a_misspelt_key_of_quick_start_does_not_make_it_unused() -> None:
    mistakes = mistakes_in(draft(QuickStart={"VpcIdd": ""}))
    assert mistakes["QuickStart.VpcIdd"].remedy == "Did you mean VpcId?"


def test_quick_start_alone_says_nothing_of_what_only_the_portal_has() -> None:
    raw = {**quick_start(), "CustomerVpc": {"NatGateways": 0}}
    assert len(warnings_about(parse(raw))) == 1


@pytest.mark.parametrize(
    ("alb", "beside_portal", "warned"),
    [
        ({"InternetFacing": True}, False, True),
        ({"InternetFacing": True}, True, True),
        ({"InternetFacing": True, "AllowedCidrs": ["203.0.113.0/24"]}, True, True),
        ({"InternetFacing": True, "WebAclArn": WEB_ACL}, False, False),
        ({}, False, False),
    ],
)
def test_a_security_group_before_the_internet_is_warned_of(
    alb: dict[str, Any], *, beside_portal: bool, warned: bool
) -> None:
    raw = quick_start({**ALB, **alb})
    if beside_portal:
        raw = draft(QuickStart=QUICK_START, Alb={**ALB, **alb})
    text = "QuickStart.SecurityGroupId: its rules alone decide who on the internet may connect"
    assert (text in warnings_of(raw)) is warned


def test_ranges_beside_a_security_group_are_said_to_be_unused() -> None:
    ranges = {**ALB, "AllowedCidrs": ["10.0.0.0/8"]}
    text = "Alb.AllowedCidrs: not used for QuickStart, whose SecurityGroupId decides"
    assert text in warnings_of(quick_start(ranges))
    assert text in warnings_of(draft(QuickStart=QUICK_START, Alb=ranges))
    assert text not in warnings_of(quick_start(ranges, SecurityGroupId=""))
    assert text not in warnings_of(draft(Alb=ranges))


def test_quick_start_warns_of_everybody() -> None:
    assert (
        "everybody whom the identity provider lets into the client opens reporting as Viewer"
        in (warnings_of(quick_start()))
    )


def test_a_given_group_must_let_out_to_the_providers_port() -> None:
    oidc = draft()["Oidc"] | {"TokenEndpoint": "https://idp.example.com:8443/token"}
    raw = quick_start()
    raw["QuickStart"] |= {"SecurityGroupId": "sg-0123456789abcdef0"}
    assert "which this group must let it out" not in warnings_of(raw)
    raw["Oidc"] = oidc
    assert "on port 8443, to which this group must let it out" in warnings_of(raw)
