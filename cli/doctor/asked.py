"""How much of what has a quota a deployment would add to what an account has.

Only stacks that are not there yet are counted: what the others made is in the account already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cli.deployed import DeployedPlatform
from cli.doctor.stack_states import stack_states
from cli.plan.states import GONE, HOLDS_NOTHING
from config.checks.hosts import listener_certificates, listener_rules
from config.environment_network import environment_network
from config.model import Configuration
from config.network import VpcSettings
from config.new_environment import NewEnvironment
from config.stack_names import Kind, Stack, stacks
from config.ways import ExistingVpc
from mwaa import quotas
from mwaa.endpoints import with_endpoint
from mwaa.quotas import Quota

if TYPE_CHECKING:
    from types_boto3_ec2.client import EC2Client
    from types_boto3_ec2.type_defs import FilterTypeDef

INTERFACE = "Interface"


class Asked(NamedTuple):
    """What is there of one quota, and what comes to it; `of` says whose it is, after a blank."""

    quota: Quota
    there: int
    added: int
    of: str = ""


@dataclass(frozen=True, kw_only=True)
class _ToCome:
    """What the stacks of a configuration that are not there yet are about."""

    platform: DeployedPlatform
    environments: Sequence[NewEnvironment]
    vpcs: Sequence[VpcSettings]
    peered: Sequence[Stack]
    balancer: bool

    @property
    def configuration(self) -> Configuration:
        return self.platform.configuration

    @property
    def ec2(self) -> EC2Client:
        return self.platform.session.client("ec2")


def asked(platform: DeployedPlatform) -> Sequence[Callable[[], Iterator[Asked]]]:
    """Questions, to be asked side by side, whose answers are what a deployment would add."""
    to_come = _to_come(platform)
    found: list[Callable[[], Iterator[Asked]]] = []
    if to_come.environments:
        found += [lambda: _environments(to_come), lambda: _endpoints(to_come)]
    if to_come.vpcs:
        found += [lambda: _vpcs(to_come)]
    if any(each.nat_gateways for each in to_come.vpcs):
        found += [lambda: _addresses(to_come), lambda: _nat_gateways(to_come)]
    if to_come.peered:
        found += [lambda: _peerings(to_come)]
    if to_come.balancer:
        found += [lambda: _balancer(to_come)]
    return found


def vpcs_to_come(platform: DeployedPlatform) -> Sequence[VpcSettings]:
    """The VPCs that a deployment would make."""
    return _to_come(platform).vpcs


def _to_come(platform: DeployedPlatform) -> _ToCome:
    there = {
        each.stack for each in stack_states(platform) if each.status not in GONE | HOLDS_NOTHING
    }
    configuration = platform.configuration
    missing = [each for each in stacks(configuration) if each.id not in there]
    new = [
        each.about
        for each in missing
        if each.kind is Kind.ENVIRONMENT and isinstance(each.about, NewEnvironment)
    ]
    of_balancer = [configuration.alb_vpc] if Stack(Kind.NETWORK) in missing else []
    return _ToCome(
        platform=platform,
        environments=new,
        vpcs=[*of_balancer, *(each for each in new if not each.vpc)],
        peered=[each for each in missing if _is_peered(configuration, each)],
        balancer=any(each.kind in {Kind.SSO, Kind.GATE, Kind.UI} for each in missing),
    )


def _is_peered(configuration: Configuration, stack: Stack) -> bool:
    match stack:
        case Stack(Kind.WAY, ExistingVpc(connectivity=connectivity)):
            return bool(connectivity and connectivity.is_peering)
        case Stack(Kind.ENVIRONMENT, NewEnvironment() as environment):
            network = environment_network(configuration, environment)
            peering = configuration.connectivity_of(environment).is_peering
            return peering and network.needs_way and network.made is not None
    return False


def _environments(to_come: _ToCome) -> Iterator[Asked]:
    pages = to_come.platform.session.client("mwaa").get_paginator("list_environments").paginate()
    there = {name for page in pages for name in page["Environments"]}
    added = {each.name for each in to_come.environments} - there
    yield Asked(quotas.OF_ENVIRONMENTS, len(there), len(added))
    for each in to_come.environments:
        yield Asked(quotas.OF_WORKERS, 0, each.max_workers, f" of {each.name}")


def _vpcs(to_come: _ToCome) -> Iterator[Asked]:
    account = to_come.platform.session.client("sts").get_caller_identity()["Account"]
    own: list[FilterTypeDef] = [{"Name": "owner-id", "Values": [account]}]
    pages = to_come.ec2.get_paginator("describe_vpcs").paginate(Filters=own)
    yield Asked(quotas.OF_VPCS, sum(len(page["Vpcs"]) for page in pages), len(to_come.vpcs))


def _addresses(to_come: _ToCome) -> Iterator[Asked]:
    there = to_come.ec2.describe_addresses()["Addresses"]
    added = sum(each.nat_gateways for each in to_come.vpcs)
    yield Asked(quotas.OF_ELASTIC_ADDRESSES, len(there), added)


def _nat_gateways(to_come: _ToCome) -> Iterator[Asked]:
    """The first zones get the gateways, one each."""
    ec2 = to_come.ec2
    pages = ec2.get_paginator("describe_nat_gateways").paginate(
        Filters=[{"Name": "state", "Values": ["pending", "available"]}]
    )
    in_subnets = Counter(each["SubnetId"] for page in pages for each in page["NatGateways"])
    there: Counter[str] = Counter()
    if in_subnets:
        subnets: list[FilterTypeDef] = [{"Name": "subnet-id", "Values": sorted(in_subnets)}]
        for each in ec2.describe_subnets(Filters=subnets)["Subnets"]:
            there[each["AvailabilityZone"]] += in_subnets[each["SubnetId"]]
    zones = available_zones(ec2)
    added = Counter(zone for each in to_come.vpcs for zone in zones[: each.nat_gateways])
    for zone, count in sorted(added.items()):
        yield Asked(quotas.OF_NAT_GATEWAYS, there[zone], count, f" {zone}")


def available_zones(ec2: EC2Client) -> Sequence[str]:
    """The names of the Region's Availability Zones, in their order; no Local Zones."""
    found = ec2.describe_availability_zones(
        Filters=[
            {"Name": "state", "Values": ["available"]},
            {"Name": "zone-type", "Values": ["availability-zone"]},
        ]
    )["AvailabilityZones"]
    return sorted(each["ZoneName"] for each in found)


def _peerings(to_come: _ToCome) -> Iterator[Asked]:
    vpc = to_come.configuration.alb.vpc_id
    # Of a VPC of the platform's own, those that are not to come are there.
    there = 0 if vpc else _peered_vpcs(to_come.configuration) - len(to_come.peered)
    if vpc:
        for side in ("requester", "accepter"):
            there += len(
                to_come.ec2.describe_vpc_peering_connections(
                    Filters=[
                        {"Name": f"{side}-vpc-info.vpc-id", "Values": [vpc]},
                        {"Name": "status-code", "Values": ["active"]},
                    ]
                )["VpcPeeringConnections"]
            )
    yield Asked(quotas.OF_PEERINGS, there, len(to_come.peered))


def _peered_vpcs(configuration: Configuration) -> int:
    return sum(_is_peered(configuration, each) for each in stacks(configuration))


def _endpoints(to_come: _ToCome) -> Iterator[Asked]:
    region = str(to_come.platform.session.region_name)
    for each in to_come.environments:
        network = environment_network(to_come.configuration, each)
        services = with_endpoint(network.endpoint_services, region)
        if services and network.vpc_id:
            in_vpc: list[FilterTypeDef] = [
                {"Name": "vpc-id", "Values": [network.vpc_id]},
                {"Name": "vpc-endpoint-type", "Values": [INTERFACE]},
            ]
            pages = to_come.ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=in_vpc)
            there = sum(len(page["VpcEndpoints"]) for page in pages)
            yield Asked(quotas.OF_INTERFACE_ENDPOINTS, there, len(services), f" {network.vpc_id}")


def _balancer(to_come: _ToCome) -> Iterator[Asked]:
    """The load balancer is the platform's own: the file says all that it has."""
    yield Asked(quotas.OF_LISTENER_RULES, 0, listener_rules(to_come.configuration))
    yield Asked(quotas.OF_CERTIFICATES, 0, listener_certificates(to_come.configuration))
