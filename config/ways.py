"""Ways to private web servers, resolved: which VPCs are joined to the load balancer's, and how.

The VPC of a new environment is joined in its stack where it is made there. An existing VPC, of
environments that exist or of new ones, is joined once, whoever is in it, by a stack of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config.connectivity import Connectivity
from config.environment_network import environment_network
from config.environments import ExistingEnvironment
from config.model import AnyEnvironment, Configuration
from config.new_environment import NewEnvironment

PUBLIC = "PUBLIC_ONLY"


@dataclass(frozen=True, kw_only=True)
class _PrivateNetwork:
    """What one environment says about the existing VPC of its private web server."""

    environment: AnyEnvironment
    vpc_id: str
    cidr: str
    route_table_ids: Sequence[str]
    security_group_id: str | None


@dataclass(frozen=True, kw_only=True)
class ExistingVpc:
    """An existing VPC with private web servers, and what joins it to the load balancer's.

    - `cidrs`: its IPv4 ranges in which the environments' subnets are, in the file's order.
    - `connectivity`: None where it is the load balancer's own, or nothing is made.
    - `security_group_ids`: the existing groups that get a rule for the load balancer's VPC.
    - `environments`: those in it, in the file's order.
    """

    vpc_id: str
    cidrs: tuple[str, ...]
    route_table_ids: tuple[str, ...]
    connectivity: Connectivity | None
    security_group_ids: tuple[str, ...]
    environments: tuple[AnyEnvironment, ...]


def existing_vpcs(configuration: Configuration) -> tuple[ExistingVpc, ...]:
    """The existing VPCs for which something is made, in the order of their ids."""
    return tuple(each for each in private_vpcs(configuration) if is_made(configuration, each))


def private_vpcs(configuration: Configuration) -> tuple[ExistingVpc, ...]:
    """The existing VPCs with private web servers, in the order of their ids."""
    by_id: dict[str, list[_PrivateNetwork]] = {}
    for each in _private_networks(configuration):
        by_id.setdefault(each.vpc_id, []).append(each)
    return tuple(_vpc(configuration, by_id[id_]) for id_ in sorted(by_id))


def is_made(configuration: Configuration, vpc: ExistingVpc) -> bool:
    """Whether anything is made for a VPC: a rule, a peering connection or a route."""
    if not vpc.connectivity:
        return bool(vpc.security_group_ids)
    alb = configuration.alb
    has_tables = bool(vpc.route_table_ids or alb.route_table_ids or not alb.vpc_id)
    return bool(vpc.security_group_ids) or vpc.connectivity.is_peering or has_tables


def transit_gateway_ids(configuration: Configuration) -> list[str]:
    """The transit gateways over which the load balancer reaches a web server."""
    made = (
        configuration.connectivity_of(each)
        for each in configuration.new_environments
        if environment_network(configuration, each).needs_way
    )
    ways = [*made, *filter(None, (each.connectivity for each in existing_vpcs(configuration)))]
    return sorted({each.transit_gateway_id for each in ways if each.transit_gateway_id})


def _private_networks(configuration: Configuration) -> Iterator[_PrivateNetwork]:
    for environment in configuration.environments:
        match environment:
            case ExistingEnvironment(existing=facts) if facts and environment.access_mode != PUBLIC:
                yield _PrivateNetwork(
                    environment=environment,
                    vpc_id=facts.vpc_id,
                    cidr=facts.vpc_cidr,
                    route_table_ids=facts.route_table_ids or (),
                    security_group_id=facts.security_group_id,
                )
            case NewEnvironment():
                network = environment_network(configuration, environment)
                if network.vpc_id and network.is_private:
                    # Its own security group, which its stack makes, has the rule.
                    yield _PrivateNetwork(
                        environment=environment,
                        vpc_id=network.vpc_id,
                        cidr=network.cidr,
                        route_table_ids=[*network.route_tables],
                        security_group_id=None,
                    )


def _vpc(configuration: Configuration, networks: Sequence[_PrivateNetwork]) -> ExistingVpc:
    first = networks[0]
    connectivity = configuration.connectivity_of(first.environment)
    unjoined = connectivity.is_none or first.vpc_id == configuration.alb.vpc_id
    tables = {id_ for each in networks for id_ in each.route_table_ids}
    groups = {each.security_group_id for each in networks}
    return ExistingVpc(
        vpc_id=first.vpc_id,
        cidrs=tuple(dict.fromkeys(each.cidr for each in networks)),
        route_table_ids=tuple(sorted(tables)),
        connectivity=None if unjoined else connectivity,
        security_group_ids=tuple(sorted(filter(None, groups))),
        environments=tuple(each.environment for each in networks),
    )
