"""Rules about ways to private web servers: who is joined to the load balancer's VPC, and how."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from config.checks.finding import warning
from config.checks.given_vpc import is_alb_vpc, joined_environments, range_of, vpc_id_of
from config.checks.partial import (
    PartialFile,
    partial,
    partial_facts,
    partial_subnets,
    partial_vpc,
)
from config.connectivity import NONE, PEERING, Connectivity
from config.environment_network import environment_network
from config.environments import ExistingEnvironment
from config.existing import Existing
from config.given_vpc import GivenVpc
from config.model import FACTS, AnyEnvironment, Configuration
from config.network import limit
from config.new_environment import NewEnvironment
from config.ways import PUBLIC, is_made, private_vpcs
from errors import Finding, Place, path_text
from mwaa.quotas import RULES_OF_A_SECURITY_GROUP, TARGET_NETWORKS

OWN_RULES = 2
"""Of an environment's security group: from itself, and from the load balancer's VPC."""
PRIVATE = "PRIVATE_ONLY"


def joined_vpcs(file: PartialFile) -> list[int]:
    """Positions of environments whose VPCs are certainly joined to the load balancer's.

    Of those in one existing VPC it is the first.
    """
    first: dict[str | int, int] = {}
    for index in sorted([*joined_environments(file), *_joined_by_facts(file)]):
        if _way(file, index) != NONE:
            first.setdefault(_vpc_id(file, index) or index, index)
    return list(first.values())


def joined_ranges(file: PartialFile) -> list[tuple[int, Place, IPv4Network]]:
    """The ranges that are certainly joined to the load balancer's VPC, with their places.

    Each has the position of the first environment in its VPC, which says whose it is.
    """
    first = {_vpc_id(file, index) or index: index for index in joined_vpcs(file)}
    found: dict[tuple[int, str], Place] = {}
    for index in sorted([*joined_environments(file), *_joined_by_facts(file)]):
        place, cidr = range_of_way(file, index)
        whose = first.get(_vpc_id(file, index) or index)
        if cidr and whose is not None:
            found.setdefault((whose, cidr), place)
    return [(whose, place, IPv4Network(cidr)) for (whose, cidr), place in found.items()]


def peered_vpcs(file: PartialFile) -> list[int]:
    """Those of `joined_vpcs` that are certainly peered."""
    return [index for index in joined_vpcs(file) if _way(file, index) == PEERING]


def range_of_way(file: PartialFile, index: int) -> tuple[Place, str | None]:
    """The range of the VPC of an environment, new or with facts, and where it stands."""
    if index in file.new:
        return range_of(file, index)
    place = ("MwaaEnvironments", index, FACTS, "VpcCIDR")
    facts = partial_facts(file.environments[index])
    return place, facts.get(lambda each: each.vpc_cidr) if facts else None


def _joined_by_facts(file: PartialFile) -> Iterator[int]:
    """Positions of existing private environments that are not in the load balancer's VPC."""
    for index, environment in file.existing.items():
        facts = partial_facts(environment)
        if not facts:
            continue
        own = environment.raw.get("WebServerAccessMode")
        mode = facts.get(lambda each: each.web_server_access_mode) or own
        vpc_id = facts.get(lambda each: each.vpc_id)
        if mode != PUBLIC and vpc_id != file.alb.get(lambda alb: alb.vpc_id):
            yield index


def _vpc_id(file: PartialFile, index: int) -> str | None:
    """The id of the existing VPC of an environment, new or with facts."""
    if index in file.new:
        return vpc_id_of(file, index)
    facts = partial_facts(file.environments[index])
    return facts.get(lambda each: each.vpc_id) if facts else None


def _way(file: PartialFile, index: int) -> str | None:
    connectivity = partial(Connectivity, _connectivity(file, index))
    return connectivity.get(lambda each: each.way)


def _connectivity(file: PartialFile, index: int) -> Any:
    own = file.environments[index].raw.get("Connectivity")
    return own if own is not None else file.raw.get("Connectivity")


def one_way(file: PartialFile) -> Iterator[Finding]:
    """An existing VPC is joined in one way, for all environments in it."""
    first: dict[str, int] = {}
    for index in sorted([*joined_environments(file), *_joined_by_facts(file)]):
        vpc_id = _vpc_id(file, index)
        earlier = first.setdefault(vpc_id, index) if vpc_id else index
        if _connectivity(file, index) != _connectivity(file, earlier):
            yield Finding(
                place=("MwaaEnvironments", index, "Connectivity"),
                message=f"MwaaEnvironments[{earlier}] is in the same VPC, which is joined in one "
                "way.",
                remedy="Give both the same.",
            )


def routes_of_ways(file: PartialFile) -> Iterator[Finding]:
    """A given VPC that is peered with the load balancer's has route tables for it."""
    for index in joined_environments(file):
        vpc = partial_vpc(file.new[index])
        if not vpc or _way(file, index) != PEERING:
            continue
        for number, subnet in partial_subnets(vpc).items():
            if not subnet.gives("RouteTableId"):
                yield Finding(
                    place=("MwaaEnvironments", index, "Vpc", "Subnets", number, "RouteTableId"),
                    message="Missing: it gets the route to the load balancer's VPC.",
                    remedy="Name the route table of the subnet.",
                )


def rules_once(file: PartialFile) -> Iterator[Finding]:
    """`AllowedCidrs` does not name the load balancer's VPC, for which there is a rule already."""
    own = file.customer_vpc.get(lambda vpc: vpc.vpc_cidr)
    if file.alb.gives("VpcId"):
        own = file.alb.get(lambda alb: alb.vpc_cidr)
    for index, each in file.new.items():
        if own in (each.get(lambda new: new.allowed_cidrs) or ()):
            yield Finding(
                place=("MwaaEnvironments", index, "AllowedCidrs"),
                message=f"{own} is the load balancer's VPC, which has its rule; AWS refuses a "
                "second one.",
                remedy="Take it out.",
            )


def target_networks(file: PartialFile) -> Iterator[Finding]:
    """A load balancer can forward to each environment with a host in another VPC than its own."""
    new = [index for index in file.new if not is_alb_vpc(file, index)]
    for index in sorted([*new, *_joined_by_facts(file)]):
        place, given = range_of_way(file, index)
        if not (given and {**file.new, **file.existing}[index].gives("UiHost")):
            continue
        if not any(IPv4Network(given).subnet_of(network) for network in TARGET_NETWORKS):
            yield Finding(
                place=place,
                message=f"With UiHost the load balancer forwards to addresses of {given}, and into "
                f"another VPC it does so only within {', '.join(map(str, TARGET_NETWORKS))}.",
                remedy="Take a range of these, or UiHost out."
                if index in file.new
                else "Take UiHost out.",
            )


def unreachable_web_servers(configuration: Configuration) -> Iterator[Finding]:
    """Private web servers in VPCs that are made, and that nothing joins to another network."""
    for index, each in enumerate(configuration.environments):
        if not isinstance(each, NewEnvironment) or each.web_server_access_mode != PRIVATE:
            continue
        made = environment_network(configuration, each).made
        if made and configuration.connectivity_of(each).is_none and not each.allowed_cidrs:
            yield warning(
                ("MwaaEnvironments", index),
                "PRIVATE_ONLY with Connectivity None: no way leads to its web server. Name the "
                "networks that you join its VPC to in AllowedCidrs, or take another Way.",
                subject=each.name,
            )


def unreachable_from_the_internet(configuration: Configuration) -> Iterator[Finding]:
    """Private web servers, without a host, to which people come by way of the internet."""
    if not configuration.alb.internet_facing:
        return
    for index, each in enumerate(configuration.environments):
        if not each.ui_host and _is_beyond_the_internet(each):
            yield warning(
                ("MwaaEnvironments", index),
                "people who sign in over the internet are redirected to its private web server, "
                "and cannot reach that there: give it a UiHost; or an internal load balancer "
                f"(Alb.InternetFacing false){_or_ranges(each)}.",
                subject=each.name,
            )


def _is_beyond_the_internet(environment: AnyEnvironment) -> bool:
    match environment:
        case NewEnvironment():
            mode, ranges = environment.web_server_access_mode, environment.allowed_cidrs
            return mode == PRIVATE and not ranges
        case ExistingEnvironment():
            return environment.existing is not None and environment.access_mode == PRIVATE
    return False


def _or_ranges(environment: AnyEnvironment) -> str:
    new = isinstance(environment, NewEnvironment)
    return "; or name the networks from which people reach it in AllowedCidrs" if new else ""


def manual_parts(configuration: Configuration) -> Iterator[Finding]:
    """Routes or rules of a joined VPC that the file leaves to the user."""
    joined = {
        environment.name
        for vpc in private_vpcs(configuration)
        if vpc.connectivity
        for environment in vpc.environments
    }
    for index, each in enumerate(configuration.environments):
        if each.name in joined:
            for steps, what in _manual_parts(each):
                yield warning(
                    ("MwaaEnvironments", index, *steps),
                    f"without it {what} is yours to make.",
                    subject=f"{each.name}: {path_text(steps)}",
                )


def _manual_parts(environment: AnyEnvironment) -> Iterator[tuple[Place, str]]:
    """Where in an entry a key is missing, and what it would be for."""
    route = "the route to the load balancer's VPC"
    match environment:
        case NewEnvironment(vpc=GivenVpc(subnets=subnets)):
            for number, subnet in enumerate(subnets):
                if not subnet.route_table_id:
                    yield ("Vpc", "Subnets", number, "RouteTableId"), route
        case ExistingEnvironment(existing=Existing() as facts):
            if not facts.route_table_ids:
                yield (FACTS, "RouteTableIds"), route
            if not facts.security_group_id:
                yield (FACTS, "SecurityGroupId"), "the rule that admits it"


def manual_routes_back(configuration: Configuration) -> Iterator[Finding]:
    """Routes from the load balancer's VPC to a transit gateway, left to the user."""
    if not configuration.alb.vpc_id or configuration.alb.route_table_ids:
        return
    vpcs = [each for each in private_vpcs(configuration) if each.connectivity]
    given = {environment.name for vpc in vpcs for environment in vpc.environments}
    joined = [
        each.name
        for each in configuration.environments
        if each.name in given or _is_made_and_joined(configuration, each)
    ]
    if joined:
        yield warning(
            ("Alb", "RouteTableIds"),
            "without it the routes from the load balancer's VPC to that of "
            f"{', '.join(joined)} are yours to make.",
        )


def _is_made_and_joined(configuration: Configuration, environment: AnyEnvironment) -> bool:
    """Whether the VPC of an environment is made, and joined to the load balancer's."""
    if not isinstance(environment, NewEnvironment):
        return False
    network = environment_network(configuration, environment)
    none = configuration.connectivity_of(environment).is_none
    return bool(network.made) and network.needs_way and not none


def empty_ways(configuration: Configuration) -> Iterator[Finding]:
    """A way for which nothing is made, since neither side names what it would change."""
    for vpc in private_vpcs(configuration):
        if not vpc.connectivity or is_made(configuration, vpc):
            continue
        first = vpc.environments[0]
        yield warning(
            ("MwaaEnvironments", configuration.environments.index(first)),
            f"nothing is made to join {vpc.vpc_id} to the load balancer's VPC: name the route "
            "tables of both, or take Way None.",
            subject=first.name,
        )


def wide_ranges(environment: NewEnvironment) -> Iterator[str]:
    """Ranges that hold much of the internet."""
    if environment.allowed_cidrs and not limit(environment.allowed_cidrs):
        yield (
            "AllowedCidrs holds much of the internet; name the networks that people come from "
            "(together a /8 of public addresses at most)."
        )


def rules_of_security_group(environment: NewEnvironment) -> Iterator[str]:
    """More ranges than the rules that a security group begins with."""
    rules = len(environment.allowed_cidrs or ()) + OWN_RULES
    if environment.allowed_cidrs and rules > RULES_OF_A_SECURITY_GROUP:
        yield (
            f"AllowedCidrs brings its security group to {rules} rules, more than the quota of "
            f"{RULES_OF_A_SECURITY_GROUP} that an account begins with. Merge ranges, or have the "
            "quota raised."
        )
