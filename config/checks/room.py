"""Rules about the room in the subnets of an existing VPC, which environments can share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import NamedTuple

from config.checks.finding import warning
from config.checks.partial import Partial, PartialFile, partial_subnets, partial_vpc
from config.environment_network import EnvironmentNetwork, environment_network
from config.model import Configuration
from config.new_environment import MICRO, NewEnvironment
from errors import Finding, Place
from mwaa.endpoints import SERVICES
from mwaa.network import RESERVED_ADDRESSES, SUBNETS, own_endpoints


class Subnet(NamedTuple):
    """A subnet, where the file names it last, and how many addresses are taken in it."""

    place: Place
    cidr: str
    taken: int

    @property
    def usable(self) -> int:
        """How many addresses there are to take."""
        return IPv4Network(self.cidr).num_addresses - RESERVED_ADDRESSES


def room_to_begin(file: PartialFile) -> Iterator[Finding]:
    """A subnet has an address for each container that its environments begin with."""
    taken: dict[str, int] = defaultdict(int)
    for index, environment in file.new.items():
        vpc = partial_vpc(environment)
        for number, partial_subnet in partial_subnets(vpc).items() if vpc else ():
            cidr = partial_subnet.get(lambda each: each.subnet_cidr)
            id_ = partial_subnet.get(lambda each: each.subnet_id)
            if not (vpc and cidr and id_):
                continue
            owns = vpc.get(lambda each: each.owns_interface_endpoints)
            taken[id_] += _fewest(environment) + (len(SERVICES) if owns else 0)
            place = ("MwaaEnvironments", index, "Vpc", "Subnets", number, "SubnetCIDR")
            subnet = Subnet(place, cidr, taken[id_])
            if subnet.taken > subnet.usable:
                yield Finding(
                    place=place,
                    message=f"{cidr} has {subnet.usable} addresses to take, and the fewest "
                    f"containers and the endpoints of what is in it take {subnet.taken}.",
                    remedy="Name a larger subnet.",
                )


def room_to_grow(configuration: Configuration) -> Iterator[Finding]:
    """Subnets without an address for each container at full load."""
    for subnet in _at_full_load(configuration).values():
        if subnet.taken > subnet.usable:
            yield warning(
                subnet.place,
                f"{subnet.cidr} has {subnet.usable} addresses to take, and {subnet.taken} are "
                "taken where all workers and schedulers of what is in it run in its zone, with the "
                "endpoints. MWAA starts no container without a free address.",
            )


def _at_full_load(configuration: Configuration) -> dict[str, Subnet]:
    subnets: dict[str, Subnet] = {}
    for index, environment in enumerate(configuration.environments):
        if not (isinstance(environment, NewEnvironment) and environment.vpc):
            continue
        network = environment_network(configuration, environment)
        for number, each in enumerate(environment.vpc.subnets):
            place = ("MwaaEnvironments", index, "Vpc", "Subnets", number, "SubnetCIDR")
            before = subnets.get(each.subnet_id)
            taken = (before.taken if before else 0) + _most(environment, network)
            subnets[each.subnet_id] = Subnet(place, each.subnet_cidr, taken)
    return subnets


def _fewest(environment: Partial[NewEnvironment]) -> int:
    """Of an environment, in each of its subnets, as far as its entry is valid."""
    micro = environment.get(lambda each: each.environment_class) == MICRO
    schedulers = environment.get(lambda each: each.schedulers) or (1 if micro else 2)
    workers = environment.get(lambda each: each.min_workers) or 1
    private = environment.get(lambda each: each.is_private)
    in_each = -(-(schedulers + workers) // SUBNETS)
    return in_each + own_endpoints(is_private=bool(private))


def _most(environment: NewEnvironment, network: EnvironmentNetwork) -> int:
    return (
        environment.max_workers
        + environment.schedulers
        + own_endpoints(is_private=network.is_private)
        + len(network.endpoint_services)
    )
