"""Networks of new environments, resolved: what is made for each, what is given, and what joins it.

Stacks, checks and commands read this value, and never the keys of an entry that it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from config.artifacts import artifact_sources
from config.given_vpc import GivenVpc
from config.model import Configuration
from config.network import VpcSettings
from config.new_environment import NewEnvironment
from config.private_services import services_without_nat


@dataclass(frozen=True, kw_only=True)
class Subnet:
    """An existing private subnet, and its route table where that is given."""

    subnet_id: str
    cidr: str
    availability_zone: str
    route_table_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class EnvironmentNetwork:
    """The network of one environment.

    - `cidr`: IPv4 range of its VPC in which its subnets are.
    - `vpc_cidrs`: that, and the other ranges of the same VPC that the file names.
    - `made`: settings of the VPC that its stack makes; None where one is given.
    - `vpc_id`, `subnets`, `security_group_ids`: what is given; None and empty where it is made.
    - `has_internet_access`: whether its subnets have a route to the internet.
    - `is_private`: whether its web server is reached from its VPC.
    - `is_alb_vpc`: whether the load balancer is in the same VPC.
    - `needed_services`: AWS services that it reaches by interface endpoints alone, as in
      `com.amazonaws.<region>.<service>`; none where there is a route to the internet.
    - `endpoint_services`: those whose endpoints its stack makes, for all environments in its VPC.
    - `endpoints_owner`: name of the environment whose stack makes those of its VPC; None where
      they exist already, or none is needed.
    """

    cidr: str
    vpc_cidrs: Sequence[str]
    made: VpcSettings | None = None
    vpc_id: str | None = None
    subnets: Sequence[Subnet] = ()
    security_group_ids: Sequence[str] = ()
    has_internet_access: bool
    is_private: bool
    is_alb_vpc: bool = False
    needed_services: Sequence[str] = ()
    endpoint_services: Sequence[str] = ()
    endpoints_owner: str | None = None

    @property
    def needs_way(self) -> bool:
        """Whether the load balancer reaches its web server only where the two VPCs are joined."""
        return self.is_private and not self.is_alb_vpc

    @property
    def route_tables(self) -> Mapping[str, str]:
        """Ids of the given route tables that get the route of a way, by the same ids.

        Those of a VPC that is made are known in its stack alone.
        """
        tables = (each.route_table_id for each in self.subnets)
        return {id_: id_ for id_ in tables if id_}


def environment_network(
    configuration: Configuration, environment: NewEnvironment
) -> EnvironmentNetwork:
    """The network of a new environment of a configuration."""
    if given := environment.vpc:
        return _given(configuration, environment, given)
    own_endpoints = not environment.has_internet_access
    return EnvironmentNetwork(
        # A rule demands it where no VPC is given.
        cidr=cast(str, environment.vpc_cidr),
        vpc_cidrs=[cast(str, environment.vpc_cidr)],
        made=environment,
        has_internet_access=environment.has_internet_access,
        is_private=environment.is_private,
        needed_services=_services(environment) if own_endpoints else (),
        endpoint_services=_services(environment) if own_endpoints else (),
        endpoints_owner=environment.name if own_endpoints else None,
    )


def _given(
    configuration: Configuration, environment: NewEnvironment, given: GivenVpc
) -> EnvironmentNetwork:
    sharing = [
        each
        for each in configuration.new_environments
        if each.vpc and each.vpc.vpc_id == given.vpc_id
    ]
    owners = [each for each in sharing if each.vpc and each.vpc.owns_interface_endpoints]
    owner = owners[0].name if owners else None
    services = dict.fromkeys(service for each in sharing for service in _services(each))
    return EnvironmentNetwork(
        cidr=given.vpc_cidr,
        vpc_cidrs=_ranges(configuration, given),
        vpc_id=given.vpc_id,
        subnets=_subnets(given),
        security_group_ids=given.security_group_ids,
        has_internet_access=environment.has_internet_access,
        is_private=environment.is_private,
        is_alb_vpc=given.vpc_id == configuration.alb.vpc_id,
        needed_services=() if environment.has_internet_access else _services(environment),
        endpoint_services=tuple(services) if owner == environment.name else (),
        endpoints_owner=owner,
    )


def _ranges(configuration: Configuration, given: GivenVpc) -> Sequence[str]:
    """The ranges of a given VPC: an entry names the one in which its subnets are."""
    vpcs = [
        *(each.vpc for each in configuration.new_environments),
        *(each.existing for each in configuration.existing_environments),
    ]
    ranges = [each.vpc_cidr for each in vpcs if each and each.vpc_id == given.vpc_id]
    alb = configuration.alb.named_vpc
    if alb and alb.vpc_id == given.vpc_id:
        ranges.append(alb.cidr)
    return tuple(dict.fromkeys(ranges))


def _subnets(given: GivenVpc) -> Sequence[Subnet]:
    """In the order of their ids: that of the file could change, and replace the environment."""
    subnets = [
        Subnet(
            subnet_id=each.subnet_id,
            cidr=each.subnet_cidr,
            availability_zone=each.availability_zone,
            route_table_id=each.route_table_id,
        )
        for each in given.subnets
    ]
    return tuple(sorted(subnets, key=lambda each: each.subnet_id))


def _services(environment: NewEnvironment) -> Sequence[str]:
    return services_without_nat(environment, artifact_sources(environment).lineage)
