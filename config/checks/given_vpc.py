"""Rules about existing VPCs of new environments, which several entries and `Alb` can name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from itertools import combinations

from config.alb import Alb
from config.checks.partial import (
    Partial,
    PartialFile,
    partial_facts,
    partial_subnets,
    partial_vpc,
)
from config.existing import Existing
from config.given_vpc import GivenSubnet, GivenVpc
from config.model import FACTS
from errors import Finding, Place, path_text

OF_MADE_VPCS = ("VpcCIDR", "MaxAZs", "NatGateways", "PublicSubnetMask", "PrivateSubnetMask")
"""Keys of an entry that describe the VPC that its stack makes."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What the file says of something that exists: `value` is its `aspect`, as `place` has it."""

    thing: str
    aspect: str
    value: str
    place: Place


def made_or_given(file: PartialFile) -> Iterator[Finding]:
    """An entry describes the VPC that is made for it, or names an existing one."""
    for index, environment in file.new.items():
        at = ("MwaaEnvironments", index)
        given = environment.raw.get("Vpc") is not None
        for key in OF_MADE_VPCS:
            if given and environment.gives(key):
                yield Finding(
                    place=(*at, key),
                    message="Vpc names an existing VPC, and this describes one that is made.",
                    remedy=f"Take {key} out, or Vpc.",
                )
        if not given and environment.raw.get("VpcCIDR") is None:
            yield Finding(
                place=(*at, "VpcCIDR"),
                message="Missing: the CIDR range of the VPC that is made.",
                remedy="Give it, or an existing VPC as Vpc. An environment that exists needs "
                "neither: its entry has no keys of a new one.",
            )


def two_zones(file: PartialFile) -> Iterator[Finding]:
    """The two subnets of an environment are two, in two Availability Zones, and apart."""
    for at, vpc in file.given_vpcs.items():
        for (earlier, one), (later, other) in combinations(partial_subnets(vpc).items(), 2):
            place = (*at, "Subnets", later)
            first = f"Subnets[{earlier}]"
            if _is_same(one, other, lambda each: each.subnet_id):
                yield Finding(
                    place=(*place, "SubnetId"),
                    message=f"This is {first} again.",
                    remedy="Name two subnets, each in another Availability Zone.",
                )
            elif _is_same(one, other, lambda each: each.availability_zone):
                yield Finding(
                    place=(*place, "AvailabilityZone"),
                    message=f"{first} is in this zone too, and MWAA takes subnets of two.",
                    remedy="Name a subnet of another zone.",
                )


def subnets_within(file: PartialFile) -> Iterator[Finding]:
    """A subnet's range is within that of its VPC, and apart from those of its other subnets."""
    seen: dict[str, dict[str, tuple[Place, IPv4Network]]] = defaultdict(dict)
    for at, vpc in file.given_vpcs.items():
        around, vpc_id = vpc.get(lambda each: each.vpc_cidr), vpc.get(lambda each: each.vpc_id)
        for index, subnet in partial_subnets(vpc).items():
            cidr, id_ = subnet.get(lambda each: each.subnet_cidr), subnet.get(_id)
            if not cidr:
                continue
            place, network = (*at, "Subnets", index, "SubnetCIDR"), IPv4Network(cidr)
            if around and not network.subnet_of(IPv4Network(around)):
                yield Finding(
                    place=place,
                    message=f"{cidr} is not within {around}, the range of the VPC.",
                    remedy="Correct one of them.",
                )
            if not (vpc_id and id_):
                continue
            for other_id, (other_place, other) in seen[vpc_id].items():
                if other_id != id_ and network.overlaps(other):
                    yield Finding(
                        place=place,
                        message=f"{cidr} overlaps {other}, the range of {path_text(other_place)}, "
                        "which is another subnet of the VPC.",
                        remedy="Correct one of them.",
                    )
            seen[vpc_id].setdefault(id_, (place, network))


def consistent_facts(file: PartialFile) -> Iterator[Finding]:
    """Whatever exists is described in the same way wherever the file names it."""
    known: dict[tuple[str, str], Fact] = {}
    reported: set[Place] = set()
    for fact in _facts(file):
        first = known.setdefault((fact.thing, fact.aspect), fact)
        if first.value != fact.value and fact.place not in reported:
            reported.add(fact.place)
            yield Finding(
                place=fact.place,
                message=f"By this the {fact.aspect} of {fact.thing} is {fact.value}; by "
                f"{path_text(first.place)} it is {first.value}.",
                remedy="Correct one of them.",
            )


def ranges_apart(file: PartialFile) -> Iterator[Finding]:
    """The ranges of one VPC, of which an entry names that of its subnets, do not overlap.

    https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
    """
    known: dict[str, list[tuple[Place, IPv4Network]]] = defaultdict(list)
    for place, vpc_id, cidr in _ranges(file):
        network = IPv4Network(cidr)
        overlapping = ((at, each) for at, each in known[vpc_id] if each.overlaps(network))
        at, first = next(overlapping, (place, network))
        if first != network:
            yield Finding(
                place=place,
                message=f"{cidr} overlaps {first} of {path_text(at)}, and two ranges of "
                f"{vpc_id} cannot.",
                remedy="Correct one of them.",
            )
        known[vpc_id].append((place, network))


def one_owner(file: PartialFile) -> Iterator[Finding]:
    """One environment of a VPC at most makes its interface endpoints."""
    owners: dict[str, Place] = {}
    for at, vpc in file.given_vpcs.items():
        if not vpc.get(lambda each: each.owns_interface_endpoints):
            continue
        vpc_id = vpc.get(lambda each: each.vpc_id)
        if vpc_id and (first := owners.setdefault(vpc_id, at)) != at:
            yield Finding(
                place=(*at, "OwnsInterfaceEndpoints"),
                message=f"{path_text(first[:2])} owns those of {vpc_id} already, and with private "
                "DNS a VPC has one endpoint of a service.",
                remedy="Take it out of one of the two: the endpoints serve every environment in "
                "the VPC.",
            )


def joined_environments(file: PartialFile) -> list[int]:
    """Positions of new private environments that are certainly not in the load balancer's VPC."""
    return [
        index
        for index, each in file.new.items()
        if each.get(lambda new: new.is_private) and not is_alb_vpc(file, index)
    ]


def is_alb_vpc(file: PartialFile, index: int) -> bool:
    """Whether the VPC of a new environment is the load balancer's too."""
    vpc_id = vpc_id_of(file, index)
    return bool(vpc_id) and vpc_id == file.alb.get(lambda each: each.vpc_id)


def range_of(file: PartialFile, index: int) -> tuple[Place, str | None]:
    """The range of the VPC of a new environment, and where it stands."""
    at = ("MwaaEnvironments", index)
    if vpc := partial_vpc(file.new[index]):
        return (*at, "Vpc", "VpcCIDR"), vpc.get(lambda each: each.vpc_cidr)
    return (*at, "VpcCIDR"), file.new[index].get(lambda each: each.vpc_cidr)


def vpc_id_of(file: PartialFile, index: int) -> str | None:
    """The id of the VPC of a new environment; None for one that is made."""
    vpc = partial_vpc(file.new[index])
    return vpc.get(lambda each: each.vpc_id) if vpc else None


def _ranges(file: PartialFile) -> Iterator[tuple[Place, str, str]]:
    """Where the file says a range of an existing VPC, the VPC's id and the range."""
    given: dict[Place, Partial[Alb] | Partial[GivenVpc] | Partial[Existing]] = {("Alb",): file.alb}
    for index, environment in file.existing.items():
        if facts := partial_facts(environment):
            given["MwaaEnvironments", index, FACTS] = facts
    for at, section in {**given, **file.given_vpcs}.items():
        vpc_id = section.get(lambda each: each.vpc_id)
        cidr = section.get(lambda each: each.vpc_cidr)
        if vpc_id and cidr:
            yield (*at, "VpcCIDR"), vpc_id, cidr


def _facts(file: PartialFile) -> Iterator[Fact]:
    yield from _facts_of_alb(file)
    yield from _facts_of_existing(file)
    for at, vpc in file.given_vpcs.items():
        if not (vpc_id := vpc.get(lambda each: each.vpc_id)):
            continue
        for index, group in enumerate(vpc.get(lambda each: each.security_group_ids) or ()):
            place = (*at, "SecurityGroupIds", index)
            yield Fact(thing=group, aspect="VPC", value=vpc_id, place=place)
        access = vpc.get(lambda each: each.internet_access)
        for index, subnet in partial_subnets(vpc).items():
            yield from _facts_of_subnet(subnet, vpc_id, (*at, "Subnets", index))
            if (id_ := subnet.get(_id)) and access is not None:
                value = "there" if access else "not there"
                place = (*at, "InternetAccess")
                yield Fact(thing=id_, aspect="internet access", value=value, place=place)


def _facts_of_existing(file: PartialFile) -> Iterator[Fact]:
    for index, environment in file.existing.items():
        facts = partial_facts(environment)
        vpc_id = facts.get(lambda each: each.vpc_id) if facts else None
        if not (facts and vpc_id):
            continue
        at = ("MwaaEnvironments", index, "Existing")
        if group := facts.get(lambda each: each.security_group_id):
            place: Place = (*at, "SecurityGroupId")
            yield Fact(thing=group, aspect="VPC", value=vpc_id, place=place)
        tables = facts.get(lambda each: each.route_table_ids)
        for number, table in enumerate(tables or ()):
            place = (*at, "RouteTableIds", number)
            yield Fact(thing=table, aspect="VPC", value=vpc_id, place=place)


def _facts_of_alb(file: PartialFile) -> Iterator[Fact]:
    if not (vpc_id := file.alb.get(lambda each: each.vpc_id)):
        return
    for key, ids in (
        ("SubnetIds", file.alb.get(lambda each: each.subnet_ids)),
        ("RouteTableIds", file.alb.get(lambda each: each.route_table_ids)),
    ):
        for index, id_ in enumerate(ids or ()):
            yield Fact(thing=id_, aspect="VPC", value=vpc_id, place=("Alb", key, index))


def _facts_of_subnet(subnet: Partial[GivenSubnet], vpc_id: str, at: Place) -> Iterator[Fact]:
    table = subnet.get(lambda each: each.route_table_id)
    if table:
        yield Fact(thing=table, aspect="VPC", value=vpc_id, place=(*at, "RouteTableId"))
    if not (id_ := subnet.get(_id)):
        return
    yield Fact(thing=id_, aspect="VPC", value=vpc_id, place=(*at, "SubnetId"))
    for key, aspect, value in (
        ("SubnetCIDR", "range", subnet.get(lambda each: each.subnet_cidr)),
        ("AvailabilityZone", "zone", subnet.get(lambda each: each.availability_zone)),
        ("RouteTableId", "route table", table),
    ):
        if value:
            yield Fact(thing=id_, aspect=aspect, value=value, place=(*at, key))


def _id(subnet: GivenSubnet) -> str:
    return subnet.subnet_id


def _is_same(
    one: Partial[GivenSubnet], other: Partial[GivenSubnet], read: Callable[[GivenSubnet], str]
) -> bool:
    value = one.get(read)
    return value is not None and value == other.get(read)
