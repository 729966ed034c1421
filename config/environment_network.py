"""Networks of new environments, resolved: what is made for each, what is given, and what joins it.

Stacks, checks and commands read this value, and never the keys of an entry that it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.artifacts import artifact_sources
from config.model import Configuration
from config.network import VpcSettings
from config.new_environment import NewEnvironment
from config.private_services import services_without_nat


@dataclass(frozen=True, kw_only=True)
class GivenSubnet:
    """An existing private subnet, and its route table where that is given."""

    subnet_id: str
    cidr: str
    availability_zone: str
    route_table_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class EnvironmentNetwork:
    """The network of one environment.

    - `cidr`: IPv4 range of its VPC.
    - `made`: settings of the VPC that its stack makes; None where one is given.
    - `vpc_id`, `subnets`, `security_group_ids`: what is given; None and empty where it is made.
    - `has_internet_access`: whether its subnets have a route to the internet.
    - `is_private`: whether its web server is reached from its VPC.
    - `is_alb_vpc`: whether the load balancer is in the same VPC.
    - `endpoint_services`: the AWS services whose interface endpoints its stack makes, as in
      `com.amazonaws.<region>.<service>`.
    - `endpoints_owner`: name of the environment whose stack makes those of its VPC; None where
      they exist already, or none is needed.
    """

    cidr: str
    made: VpcSettings | None = None
    vpc_id: str | None = None
    subnets: Sequence[GivenSubnet] = ()
    security_group_ids: Sequence[str] = ()
    has_internet_access: bool
    is_private: bool
    is_alb_vpc: bool = False
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
    configuration: Configuration,  # noqa: ARG001 - other entries may share a given VPC
    environment: NewEnvironment,
) -> EnvironmentNetwork:
    """The network of a new environment of a configuration."""
    has_internet_access = environment.nat_gateways > 0
    return EnvironmentNetwork(
        cidr=environment.vpc_cidr,
        made=environment,
        has_internet_access=has_internet_access,
        is_private=environment.is_private,
        endpoint_services=() if has_internet_access else _services(environment),
        endpoints_owner=None if has_internet_access else environment.name,
    )


def _services(environment: NewEnvironment) -> Sequence[str]:
    return services_without_nat(environment, artifact_sources(environment).lineage)
