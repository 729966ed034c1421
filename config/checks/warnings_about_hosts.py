"""What may not be meant about the hosts that the load balancer serves for environments."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from config.airflow_options import HOST_NAME

if TYPE_CHECKING:
    from config.environments import ExistingEnvironment
    from config.model import Configuration
    from config.new_environment import NewEnvironment

# What an account begins with for one load balancer.
RULES_QUOTA = 100
CERTIFICATES_QUOTA = 25
SHARED_RULES = 1
RULES_OF_A_HOST = 3


def warnings_about_hosts(configuration: Configuration) -> Iterator[str]:
    """See `config.warnings.find`."""
    hosts = [environment.ui_host for environment in configuration.environments]
    served = [host for host in hosts if host]
    if served:
        yield from _about_names(configuration, served)
        yield from _about_quotas(configuration, len(served))
    for new in configuration.new_environments:
        if new.ui_host:
            yield from _about_another_name(new)
    for existing in configuration.existing_environments:
        if existing.ui_host:
            yield from _about_what_is_left_alone(
                existing, has_named_vpc=bool(configuration.alb.vpc_id)
            )


def _about_names(configuration: Configuration, hosts: list[str]) -> Iterator[str]:
    alb = configuration.alb
    if not alb.hosted_zone_id:
        yield (
            "Alb.HostedZoneId: without it the certificate of Alb.CertificateArn must cover "
            f"{', '.join(hosts)}, and their DNS records are yours to make."
        )
        return
    apart = [host for host in hosts if _common_labels(host, alb.domain_name or host) < 2]  # noqa: PLR2004
    if apart:
        yield (
            f"UiHost: {', '.join(apart)} and Alb.DomainName have no domain in common, and records "
            "of both are made in the one zone of Alb.HostedZoneId."
        )


def _common_labels(one: str, other: str) -> int:
    """How many of the last labels of two host names are the same."""
    pairs = zip(reversed(one.split(".")), reversed(other.split(".")), strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def _about_quotas(configuration: Configuration, hosts: int) -> Iterator[str]:
    rules = SHARED_RULES + RULES_OF_A_HOST * hosts
    if rules > RULES_QUOTA:
        yield (
            f"UiHost: {hosts} of them take {rules} rules of the load balancer, more than the quota "
            f"of {RULES_QUOTA} that an account begins with."
        )
    if configuration.alb.hosted_zone_id and hosts > CERTIFICATES_QUOTA:
        yield (
            f"UiHost: {hosts} of them bring {hosts} certificates to the load balancer, more than "
            f"the quota of {CERTIFICATES_QUOTA} that an account begins with."
        )


def _about_another_name(environment: NewEnvironment) -> Iterator[str]:
    named = environment.configuration_options.get(HOST_NAME, "")
    if named and named.removeprefix("https://").rstrip("/").lower() != environment.ui_host:
        yield (
            f"{environment.name}: {HOST_NAME} is kept as it is set, and links that Airflow makes "
            "lead there, not to UiHost."
        )


def _about_what_is_left_alone(
    environment: ExistingEnvironment, *, has_named_vpc: bool
) -> Iterator[str]:
    if not has_named_vpc:
        yield (
            f"{environment.name}: an environment that exists is left alone, so the route from the "
            "load balancer's VPC to its own is yours to make; or let the load balancer stand in "
            "that VPC (Alb.VpcId)."
        )
    if (environment.airflow_version or "2.").startswith("2."):
        yield (
            f"{environment.name}: Airflow 2 makes links to UiHost only with {HOST_NAME} = "
            f"{environment.ui_host}, which is yours to set in an environment that exists."
        )
