"""What must hold between the ways in: QuickStart, the portal, its VPC and the hosts it serves."""

from __future__ import annotations

from collections.abc import Iterator

from config.checks.partial import FileSketch, QuickStartSketch
from errors import Finding, Place

NAMED_VPC = ("VpcId", "SubnetIds", "VpcCIDR")
ROUTE_TABLES = "RouteTableIds"
LONGEST_COMMON_NAME = 64  # of a certificate of ACM, as RFC 5280 has it


def mistakes_in_sign_in(file: FileSketch) -> Iterator[Finding]:
    """The mistakes that show only when sections are seen together."""
    if file.quick_start:
        yield from _reachable_quick_start(file, file.quick_start)
    if not file.has_portal:
        yield from _nothing_for_the_portal(file)
        return
    if file.quick_start:
        yield from _quick_start_beside_the_portal(file, file.quick_start)
    yield from _whole_named_vpc(file)
    yield from _hosts(file)
    yield from _names_for_certificates(file)


def _reachable_quick_start(file: FileSketch, quick_start: QuickStartSketch) -> Iterator[Finding]:
    internal = file.has_alb and file.alb.internet_facing is False
    told_who_connects = file.alb.gives("AllowedCidrs") or quick_start.gives("SecurityGroupId")
    if internal and not told_who_connects:
        yield Finding(
            place=("Alb", "AllowedCidrs"),
            message="Missing: who may connect to the load balancer of QuickStart, which is "
            "internal.",
            remedy="Give ranges such as 10.0.0.0/8, or QuickStart.SecurityGroupId.",
        )


def _nothing_for_the_portal(file: FileSketch) -> Iterator[Finding]:
    if not file.quick_start:
        yield Finding(
            place=("MwaaEnvironments",),
            message="There is no environment.",
            remedy="Name one here, existing or new, or fill QuickStart.",
        )
        return
    if file.has_grants:
        yield Finding(
            place=("Grants",),
            message="Nothing reads them: through QuickStart everybody enters under RbacRoleName.",
            remedy="Take them out, or name the environment under MwaaEnvironments instead.",
        )
    for key in (*NAMED_VPC, ROUTE_TABLES):
        if file.alb.gives(key):
            yield Finding(
                place=("Alb", key),
                message="Nothing reads it: the load balancer of QuickStart stands in "
                "QuickStart.VpcId.",
                remedy="Take it out.",
            )


def _quick_start_beside_the_portal(
    file: FileSketch, quick_start: QuickStartSketch
) -> Iterator[Finding]:
    alb, name = file.alb, quick_start.mwaa_environment_name
    for index, environment in file.environments.items():
        if name and environment.name == name:
            yield Finding(
                place=("QuickStart", "MwaaEnvironmentName"),
                message=f"MwaaEnvironments[{index}] is the same: through QuickStart everybody "
                "would open it, whatever grants say.",
                remedy="Name it in one of the two.",
            )
    if alb.gives("HostedZoneId") and alb.gives("DomainName") and not alb.gives("CertificateArn"):
        yield Finding(
            place=("Alb", "CertificateArn"),
            message="Missing: DomainName is the portal's, so none is made for the load balancer of "
            "QuickStart.",
            remedy="Give one that covers DomainName and the host under which people open "
            "QuickStart.",
        )


def _whole_named_vpc(file: FileSketch) -> Iterator[Finding]:
    given = [key for key in (*NAMED_VPC, ROUTE_TABLES) if file.alb.gives(key)]
    if not given:
        return
    for key in NAMED_VPC:
        if key not in given:
            yield Finding(
                place=("Alb", key),
                message=f"Missing beside {' and '.join(given)}.",
                remedy=f"An existing VPC is named by {', '.join(NAMED_VPC)} together; without "
                "them one is made.",
            )
    private = next((index for index, each in file.new.items() if each.is_private), None)
    if ROUTE_TABLES not in given and private is not None:
        yield Finding(
            place=("Alb", ROUTE_TABLES),
            message="Missing: they get the route to the VPC of each new private environment, "
            f"such as MwaaEnvironments[{private}].",
            remedy="Name the route tables of SubnetIds.",
        )


def _hosts(file: FileSketch) -> Iterator[Finding]:
    hosts = {i: each for i, each in file.environments.items() if each.gives("UiHost")}
    if hosts and file.has_alb and not file.alb.gives("DomainName"):
        yield Finding(
            place=("Alb", "DomainName"),
            message=f"Missing: with a UiHost (MwaaEnvironments[{min(hosts)}]) the portal needs "
            "a known host too, from which people come and to which they sign out.",
        )
    for index, environment in hosts.items():
        place = ("MwaaEnvironments", index, "UiHost")
        if environment.web_server_access_mode == "PUBLIC_ONLY":
            yield Finding(
                place=place,
                message="Its web server is public (PUBLIC_ONLY) and has no addresses that a "
                "load balancer could serve.",
                remedy="Take UiHost out, or make the web server private.",
            )
        if environment.ui_host and environment.ui_host == file.alb.domain_name:
            yield Finding(
                place=place,
                message="This is Alb.DomainName, where the portal stands.",
                remedy="Give the environment a host of its own, such as one below it.",
            )


def _names_for_certificates(file: FileSketch) -> Iterator[Finding]:
    """A certificate is made for each host in the zone, and its first name must not be longer."""
    if not file.alb.gives("HostedZoneId"):
        return
    hosts: dict[Place, str | None] = {
        ("MwaaEnvironments", i, "UiHost"): each.ui_host for i, each in file.environments.items()
    }
    if not file.alb.gives("CertificateArn"):
        hosts["Alb", "DomainName"] = file.alb.domain_name
    for place, host in hosts.items():
        if host and len(host) > LONGEST_COMMON_NAME:
            yield Finding(
                place=place,
                message=f"A certificate can be made for {LONGEST_COMMON_NAME} characters at "
                f"most, and this has {len(host)}.",
            )
