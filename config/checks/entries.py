"""What must hold between the entries of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

from config.checks.lineage import mistakes_in_lineage
from config.checks.messages import shown
from config.checks.partial import EnvironmentSketch, FileSketch, Indexed
from config.checks.sign_in import mistakes_in_sign_in
from config.checks.warnings_about_quotas import MOST_PEERINGS
from config.grants import EVERY_ENVIRONMENT
from config.nearest import nearest
from config.stack_names import suffix
from errors import Finding, Place, path_text


def mistakes_between_entries(file: FileSketch) -> Iterator[Finding]:
    """The mistakes that show only when entries are seen together."""
    hosts = {i: each for i, each in file.environments.items() if each.gives("UiHost")}
    yield from mistakes_in_sign_in(file)
    yield from _one_name_each(file.environments)
    yield from _one_stack_each(file.new, hosts)
    yield from _peered_at_most(file.new)
    yield from _one_host_each(hosts)
    yield from _ranges_apart(file)
    yield from _one_dag_folder_each(file.new)
    yield from mistakes_in_lineage(file)
    if file.has_portal:
        yield from _known_environments(file)
        yield from _one_grant_each(file)


def _repeats(
    environments: Indexed[EnvironmentSketch], key: Callable[[EnvironmentSketch], Any]
) -> Iterator[tuple[int, int]]:
    """Pairs of an environment and an earlier one with the same key; None is no key."""
    first: dict[Any, int] = {}
    for index, environment in environments.items():
        value = key(environment)
        if value is not None and first.setdefault(value, index) != index:
            yield index, first[value]


def _one_name_each(environments: Indexed[EnvironmentSketch]) -> Iterator[Finding]:
    for index, earlier in _repeats(environments, lambda each: each.name):
        yield Finding(
            place=("MwaaEnvironments", index, "Name"),
            message=f"MwaaEnvironments[{earlier}] has this name already.",
        )


def _one_stack_each(*kinds: Indexed[EnvironmentSketch]) -> Iterator[Finding]:
    """Of those with a stack of one kind, each its own; a pair that clashes in two is said once."""
    clashes = {
        index: earlier
        for environments in kinds
        for index, earlier in _repeats(
            environments, lambda each: each.name and suffix(each.name).casefold()
        )
        if environments[index].name != environments[earlier].name
    }
    for index, earlier in clashes.items():
        yield Finding(
            place=("MwaaEnvironments", index, "Name"),
            message=f"Its stack would have the name of that of MwaaEnvironments[{earlier}]: "
            "names must differ in more than case, hyphens and underscores.",
        )


def _one_host_each(environments: Indexed[EnvironmentSketch]) -> Iterator[Finding]:
    for index, earlier in _repeats(environments, lambda each: each.ui_host):
        yield Finding(
            place=("MwaaEnvironments", index, "UiHost"),
            message=f"MwaaEnvironments[{earlier}] has this host already; case makes no difference.",
            remedy="Give each environment a host of its own.",
        )


def _one_dag_folder_each(environments: Indexed[EnvironmentSketch]) -> Iterator[Finding]:
    def folder(environment: EnvironmentSketch) -> tuple[str, str] | None:
        bucket, path = environment.source_bucket_arn, environment.dags_s3_path
        ships = environment.gives("Dags") or environment.has_preflight
        return (bucket, path.rstrip("/")) if ships and bucket and path else None

    for index, earlier in _repeats(environments, folder):
        yield Finding(
            place=("MwaaEnvironments", index, "DagsS3Path"),
            message=f"DAGs of MwaaEnvironments[{earlier}] are shipped to this folder of the "
            "same bucket.",
            remedy="Give each environment a folder of its own.",
        )


def _ranges_apart(file: FileSketch) -> Iterator[Finding]:
    vpc_place: Place = ("CustomerVpc", "VpcCIDR")
    vpc = file.customer_vpc.vpc_cidr
    if file.alb.gives("VpcId") or file.alb.gives("VpcCIDR"):
        vpc_place, vpc = ("Alb", "VpcCIDR"), file.alb.vpc_cidr
    environments: dict[Place, str | None] = {
        ("MwaaEnvironments", index, "VpcCIDR"): each.vpc_cidr
        for index, each in file.new.items()
        if each.is_private
    }
    given = {vpc_place: vpc, **environments}.items()
    ranges = {place: IPv4Network(cidr) for place, cidr in given if cidr}
    for (place, one), (other_place, other) in combinations(ranges.items(), 2):
        if one.overlaps(other):
            yield Finding(
                place=other_place,
                message=f"{other} overlaps {one} of {path_text(place)}.",
                remedy="The load balancer's VPC is joined to those of private environments: "
                "take ranges that do not overlap.",
            )


def _peered_at_most(new: Indexed[EnvironmentSketch]) -> Iterator[Finding]:
    private = sum(each.is_private for each in new.values())
    if private > MOST_PEERINGS:
        yield Finding(
            place=("MwaaEnvironments",),
            message=f"{private} new private environments are more than the {MOST_PEERINGS} VPCs "
            "that AWS peers with one.",
            remedy="Divide them among two applications, each with an AppName of its own.",
        )


def _known_environments(file: FileSketch) -> Iterator[Finding]:
    known = [each.name for each in file.environments.values() if each.name]
    without_grants = file.quick_start and file.quick_start.mwaa_environment_name
    for index, grant in file.grants.items():
        for position, name in enumerate(grant.environments or ()):
            if name in (EVERY_ENVIRONMENT, *known):
                continue
            near = nearest(name, known)
            hint = f"Did you mean {near}?" if near else None
            if name == without_grants:
                hint = "Through QuickStart everybody opens it under one role, without grants."
            yield Finding(
                place=("Grants", index, "Environments", position),
                message=f"{shown(name)} is no environment under MwaaEnvironments.",
                remedy=hint,
            )


def _one_grant_each(file: FileSketch) -> Iterator[Finding]:
    first: dict[tuple[str, str], int] = {}
    for index, grant in file.grants.items():
        for name in grant.environments or ():
            if grant.principal and first.setdefault((grant.principal, name), index) != index:
                yield Finding(
                    place=("Grants", index),
                    message=f"Grants[{first[grant.principal, name]}] has this principal and "
                    "environment.",
                    remedy="Join the two into one grant with all roles.",
                )
