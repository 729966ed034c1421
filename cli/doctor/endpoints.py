"""What is wrong with the interface endpoints that an environment needs in an existing VPC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from cli.doctor.codes import Code, Fault
from cli.doctor.vpcs import Vpc
from config.environment_network import EnvironmentNetwork
from mwaa.endpoints import with_endpoint

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import IpPermissionOutputTypeDef, VpcEndpointTypeDef

HTTPS = 443
ANY_PROTOCOL, TCP = "-1", "tcp"


def faults_of_endpoints(vpc: Vpc, network: EnvironmentNetwork, region: str) -> Iterator[Fault]:
    """What is wrong with those that the environment needs and no stack of the file makes."""
    if network.endpoints_owner:
        return
    served = {
        each["ServiceName"].partition(f".{region}.")[2]: each
        for each in vpc.endpoints
        if each["VpcEndpointType"] == "Interface" and each.get("PrivateDnsEnabled")
    }
    needed = with_endpoint(network.needed_services, region)
    missing = [each for each in needed if each not in served]
    if missing:
        yield Fault(
            Code.ENDPOINT_MISSING,
            f"{network.vpc_id} has no interface endpoint with private DNS of "
            f"{', '.join(missing)}, and the subnets have no route to the internet.",
            "Have them made, open to the subnets on port 443; or take Vpc.OwnsInterfaceEndpoints "
            "in one entry of the VPC that has none of them.",
        )
    closed = [each for each in needed if each in served and _is_closed(vpc, served[each], network)]
    if closed:
        yield Fault(
            Code.ENDPOINT_CLOSED,
            f"The interface endpoint of {', '.join(closed)} lets in none of the environment's "
            f"subnets on port {HTTPS}.",
            f"Have its security group admit {' and '.join(_ranges(network))} on port {HTTPS}.",
        )


def _ranges(network: EnvironmentNetwork) -> Sequence[str]:
    return [each.cidr for each in network.subnets]


def _is_closed(vpc: Vpc, endpoint: VpcEndpointTypeDef, network: EnvironmentNetwork) -> bool:
    """Whether no rule of its security groups can be for a subnet, as far as rules tell."""
    ids = [each.get("GroupId", "") for each in endpoint.get("Groups", ())]
    known = [vpc.groups[each] for each in ids if each in vpc.groups]
    rules = [rule for group in known for rule in group.get("IpPermissions", ())]
    ranges = [IPv4Network(each) for each in _ranges(network)]
    return len(known) == len(ids) > 0 and not any(_may_admit(each, ranges) for each in rules)


def _may_admit(rule: IpPermissionOutputTypeDef, ranges: Sequence[IPv4Network]) -> bool:
    """Whether a rule may let one of the ranges in; who is in a group or a list is not known."""
    protocol = rule.get("IpProtocol")
    if protocol != ANY_PROTOCOL and not (
        protocol == TCP and rule.get("FromPort", 0) <= HTTPS <= rule.get("ToPort", 0)
    ):
        return False
    if rule.get("UserIdGroupPairs") or rule.get("PrefixListIds"):
        return True
    admitted = [
        IPv4Network(each["CidrIp"]) for each in rule.get("IpRanges", ()) if "CidrIp" in each
    ]
    return any(one.overlaps(other) for one in admitted for other in ranges)
