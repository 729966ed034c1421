"""Rules about the host names that the load balancer serves."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from config.airflow_options import HOST_NAME
from config.checks.finding import repeats, warning
from config.checks.network import visitors
from config.checks.partial import Partial, PartialFile
from config.environments import ExistingEnvironment
from config.model import AnyEnvironment, Configuration
from config.new_environment import NewEnvironment
from config.ui_priority import GATED_PRIORITIES, ui_priority
from errors import Finding, Place
from mwaa.quotas import CERTIFICATES, LISTENER_RULES, MOST_TARGET_GROUPS

LONGEST_COMMON_NAME = 64
"""Characters of a certificate's common name in ACM, as RFC 5280 has it."""
SHARED_RULES = 2
"""Of the portal's load balancer."""
RULES_OF_A_HOST = 3
RULES_OF_A_GATED_HOST = 4
LABELS_OF_A_DOMAIN = 2
"""At least, of one that cookies can be set for: example.com."""
COOKIE_OF_ONE_HOST = "__Host-"
"""Browsers take a cookie so named from the very host alone that it is for."""


def portal_host(file: PartialFile) -> Iterator[Finding]:
    """With the host of an environment, the portal's is known too."""
    hosts = [index for index, each in file.environments.items() if each.gives("UiHost")]
    if hosts and file.has_portal and file.has_alb and not file.alb.gives("DomainName"):
        yield Finding(
            place=("Alb", "DomainName"),
            message=f"Missing: with a UiHost (MwaaEnvironments[{hosts[0]}]) the portal needs a "
            "known host too, from which people come and to which they sign out.",
        )


def servable_hosts(file: PartialFile) -> Iterator[Finding]:
    """An environment with a host has a private web server, and the host is not the portal's."""
    if not file.has_portal:
        return
    for index, environment in file.environments.items():
        if not environment.gives("UiHost"):
            continue
        place: Place = ("MwaaEnvironments", index, "UiHost")
        if environment.get(lambda each: each.web_server_access_mode) == "PUBLIC_ONLY":
            yield Finding(
                place=place,
                message="Its web server is public (PUBLIC_ONLY) and has no addresses that a load "
                "balancer could serve.",
                remedy="Take UiHost out, or make the web server private.",
            )
        host = environment.get(lambda each: each.ui_host)
        if host and host == file.alb.get(lambda alb: alb.domain_name):
            yield Finding(
                place=place,
                message="This is Alb.DomainName, where the portal stands.",
                remedy="Give the environment a host of its own, under another domain.",
            )


def certificate_names(file: PartialFile) -> Iterator[Finding]:
    """A host for which a certificate is created is short enough for its common name."""
    hosts: dict[Place, str | None] = {}
    if file.alb.gives("HostedZoneId") or file.alb.gives("UiHostedZoneId"):
        hosts |= {
            ("MwaaEnvironments", index, "UiHost"): each.get(lambda environment: environment.ui_host)
            for index, each in file.environments.items()
        }
    if file.alb.gives("HostedZoneId") and not file.alb.gives("CertificateArn"):
        hosts["Alb", "DomainName"] = file.alb.get(lambda alb: alb.domain_name)
    for place, host in hosts.items():
        if host and len(host) > LONGEST_COMMON_NAME:
            yield Finding(
                place=place,
                message=f"A certificate can be made for {LONGEST_COMMON_NAME} characters at most, "
                f"and this has {len(host)}.",
                remedy="Shorten it, or give a certificate for it (CertificateArn)."
                if place[0] == "Alb"
                else "Shorten it; or name no hosted zone, and give a certificate that covers it "
                "(Alb.CertificateArn).",
            )


def gated_hosts(file: PartialFile) -> Iterator[Finding]:
    """Behind a gate there is a host."""
    if file.ui_gate and not any(each.gives("UiHost") for each in file.environments.values()):
        yield Finding(
            place=("UiGate",),
            message="Nothing reads it: no environment has a UiHost.",
            remedy="Take it out, or give an environment a UiHost.",
        )


def unique_hosts(file: PartialFile) -> Iterator[Finding]:
    """Each environment has a host of its own."""
    for index, earlier in repeats(
        file.environments, lambda each: [each.get(lambda environment: environment.ui_host)]
    ):
        yield Finding(
            place=("MwaaEnvironments", index, "UiHost"),
            message=f"MwaaEnvironments[{earlier}] has this host already; case makes no difference.",
            remedy="Give each environment a host of its own.",
        )


def unique_priorities(file: PartialFile) -> Iterator[Finding]:
    """The rules of each host have priorities of their own, whatever else is in the file."""

    def number(each: Partial[AnyEnvironment]) -> int | None:
        name = each.get(lambda environment: environment.name)
        if not (name and each.gives("UiHost")):
            return None
        given = each.get(lambda environment: environment.ui_priority)
        return ui_priority(name, given=given, gated=file.ui_gate is not None)

    numbers = {index: number(each) for index, each in file.environments.items()}
    for index, earlier in repeats(numbers, lambda each: [each]):
        free = next(n for n in range(GATED_PRIORITIES) if n not in numbers.values())
        yield Finding(
            place=("MwaaEnvironments", index, "UiPriority"),
            message=f"Its rules would have the priorities of MwaaEnvironments[{earlier}]'s, "
            f"{numbers[index]}.",
            remedy=f"Give another UiPriority to the one that is not deployed, such as {free}.",
        )


def target_group_limit(file: PartialFile) -> Iterator[Finding]:
    """No more hosts than a load balancer has target groups for, beside the portal's own."""
    hosts = sum(each.gives("UiHost") for each in file.environments.values())
    most = MOST_TARGET_GROUPS if file.ui_gate else MOST_TARGET_GROUPS - 1
    if hosts > most:
        yield Finding(
            place=("MwaaEnvironments",),
            message=f"{hosts} of them have a UiHost, each with a target group of its own, and the "
            f"load balancer has room for {most}.",
            remedy="Divide them among two applications, each with an AppName of its own.",
        )


def records_and_certificates(configuration: Configuration) -> Iterator[Finding]:
    """Hosts whose records or certificates are the user's, or need two zones."""
    alb, hosts = configuration.alb, _served_hosts(configuration)
    own = configuration.ui_gate and configuration.ui_gate.certificate_arn
    if hosts and not (alb.hosted_zone_id or alb.ui_hosted_zone_id):
        yield warning(
            ("Alb", "UiHostedZoneId"),
            f"without it the certificate of {'UiGate' if own else 'Alb'}.CertificateArn must cover "
            f"{', '.join(hosts)}, and their DNS records are yours to make.",
        )
        return
    apart = [
        host for host in hosts if _common_labels(host, alb.domain_name or host) < LABELS_OF_A_DOMAIN
    ]
    if apart and not alb.ui_hosted_zone_id:
        yield warning(
            ("MwaaEnvironments",),
            f"{', '.join(apart)} and Alb.DomainName have no domain in common, and records of both "
            "are made in the one zone of Alb.HostedZoneId. Name the hosts' own zone in "
            "Alb.UiHostedZoneId.",
            subject="UiHost",
        )


def sibling_hosts(configuration: Configuration) -> Iterator[Finding]:
    """Hosts that can set cookies for the portal's."""
    portal = configuration.alb.domain_name or ""
    shared = [
        host
        for host in _served_hosts(configuration)
        if _common_labels(host, portal) >= LABELS_OF_A_DOMAIN
    ]
    only_its_own = configuration.alb.session_cookie_name.startswith(COOKIE_OF_ONE_HOST)
    if shared and not only_its_own:
        yield warning(
            ("MwaaEnvironments",),
            f"plugins under {', '.join(shared)} can set cookies for {portal} too, and so end or "
            "replace sessions of the portal. Take another domain, or an Alb.SessionCookieName that "
            f"begins with {COOKIE_OF_ONE_HOST}.",
            subject="UiHost",
        )


def open_web_servers(configuration: Configuration) -> Iterator[Finding]:
    """Private web servers behind a load balancer on the internet, without a sign-in in front."""
    hosts = _served_hosts(configuration)
    if hosts and configuration.is_open and not configuration.ui_gate:
        yield warning(
            ("UiGate",),
            f"without it {visitors(configuration)} reaches what the web servers of "
            f"{', '.join(hosts)} answer to people who are not signed in, such as their own sign-in "
            "pages.",
        )


def listener_rules(configuration: Configuration) -> int:
    """How many rules the load balancer of hosts has, default rules not counted."""
    hosts = len(_served_hosts(configuration))
    if configuration.ui_gate:
        return RULES_OF_A_GATED_HOST * hosts
    return SHARED_RULES + RULES_OF_A_HOST * hosts


def listener_certificates(configuration: Configuration) -> int:
    """How many certificates it has beside its default one: one for each host, in a zone."""
    alb = configuration.alb
    in_zone = bool(alb.hosted_zone_id or alb.ui_hosted_zone_id)
    return len(_served_hosts(configuration)) if in_zone else 0


def load_balancer_quotas(configuration: Configuration) -> Iterator[Finding]:
    """More rules or certificates than a load balancer begins with."""
    hosts, rules = len(_served_hosts(configuration)), listener_rules(configuration)
    certificates = listener_certificates(configuration)
    if rules > LISTENER_RULES:
        yield warning(
            ("MwaaEnvironments",),
            f"{hosts} of them take {rules} rules of the load balancer, more than the quota of "
            f"{LISTENER_RULES} that an account begins with.",
            subject="UiHost",
        )
    if certificates > CERTIFICATES:
        yield warning(
            ("MwaaEnvironments",),
            f"{hosts} of them bring {certificates} certificates to the load balancer, more than "
            f"the quota of {CERTIFICATES} that an account begins with.",
            subject="UiHost",
        )


def manual_routes(configuration: Configuration) -> Iterator[Finding]:
    """Existing private environments without facts, to whose VPCs nothing makes a route.

    With a host it is the load balancer that needs one, without a host each person. Where the load
    balancer stands in an existing VPC, that may be the environment's own.
    """
    alb = configuration.alb
    for index, each in enumerate(configuration.environments):
        if not isinstance(each, ExistingEnvironment) or each.existing:
            continue
        place: Place = ("MwaaEnvironments", index)
        if each.ui_host and not alb.vpc_id:
            yield warning(
                place,
                "an environment that exists is left alone, so the route from the load balancer's "
                "VPC to its own is yours to make; or give facts about it (Existing), and "
                "the two are joined.",
                subject=each.name,
            )
        is_private = each.web_server_access_mode == "PRIVATE_ONLY"
        if is_private and not each.ui_host and (alb.internet_facing or not alb.vpc_id):
            yield warning(
                place,
                "an environment that exists is left alone, so the route from people's networks to "
                "its private web server is yours to make, and its security group's rule for them; "
                "or give it a UiHost, and facts about it (Existing), and people need to reach the "
                "load balancer alone.",
                subject=each.name,
            )


def manual_base_url(environment: ExistingEnvironment) -> Iterator[str]:
    """The base URL that an existing environment with a host needs on Airflow 2."""
    if environment.ui_host and (environment.airflow_version or "2.").startswith("2."):
        yield (
            f"Airflow 2 makes links to UiHost only with {HOST_NAME} = {environment.ui_host}, which "
            "is yours to set in an environment that exists."
        )


def conflicting_base_url(environment: NewEnvironment) -> Iterator[str]:
    """A base URL of Airflow that is not the host under which it is served."""
    base_url = environment.configuration_options.get(HOST_NAME, "")
    host = base_url.removeprefix("https://").rstrip("/").lower()
    if environment.ui_host and base_url and host != environment.ui_host:
        yield (
            f"{HOST_NAME} is kept as it is set, and links that Airflow makes lead there, not to "
            "UiHost."
        )


def _served_hosts(configuration: Configuration) -> list[str]:
    return [each.ui_host for each in configuration.environments if each.ui_host]


def _common_labels(one: str, other: str) -> int:
    """Number of labels at the end that two host names have in common."""
    pairs = zip(reversed(one.split(".")), reversed(other.split(".")), strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
