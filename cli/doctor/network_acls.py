"""What the network ACLs of an environment's subnets close that MWAA needs.

An ACL has no memory: answers need rules of their own, to the ports from which Linux calls.

https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-security.html
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html (ip_local_port_range)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, NamedTuple

from cli.doctor.codes import Code, Fault
from cli.doctor.vpcs import Vpc
from config.environment_network import EnvironmentNetwork, Subnet

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import NetworkAclEntryTypeDef

ANY_PROTOCOL, TCP = "-1", "6"
HTTPS, DATABASE, ANSWERS = range(443, 444), range(5432, 5433), range(32768, 61000)
ALL_PORTS = range(65536)
ANYWHERE = "0.0.0.0/0"


class _Flow(NamedTuple):
    """Traffic of a subnet: whether it leaves it, with whom, and to which ports."""

    leaves: bool
    cidr: str
    ports: range

    @property
    def words(self) -> str:
        ports = self.ports
        shown = f"{ports[0]}" if len(ports) == 1 else f"{ports[0]} to {ports[-1]}"
        return f"{'out to' if self.leaves else 'in from'} {self.cidr} on {shown}"


def faults_of_acl(
    vpc: Vpc, network: EnvironmentNetwork, *, clients: Iterable[str]
) -> Iterator[Fault]:
    """One fault for each subnet whose ACL closes something; `clients` call its web server."""
    for subnet in network.subnets:
        acl = vpc.acl_of(subnet.subnet_id)
        if acl is None or subnet.subnet_id not in vpc.subnets:
            continue
        flows = _needed(network, subnet, clients)
        closed = [each.words for each in flows if not _is_open(acl.get("Entries", ()), each)]
        if closed:
            yield Fault(
                Code.NETWORK_ACL_CLOSED,
                f"The network ACL of {subnet.subnet_id}, {acl.get('NetworkAclId')}, closes TCP "
                f"{'; '.join(closed)}.",
                "Have it let that through, before a rule that denies it.",
            )


def _needed(network: EnvironmentNetwork, subnet: Subnet, clients: Iterable[str]) -> Iterator[_Flow]:
    yield _Flow(leaves=True, cidr=ANYWHERE, ports=HTTPS)
    yield _Flow(leaves=False, cidr=ANYWHERE, ports=ANSWERS)
    for other in network.subnets:
        if other.subnet_id == subnet.subnet_id:
            continue  # within a subnet an ACL has no say
        for ports in (HTTPS, DATABASE, ANSWERS):
            yield _Flow(leaves=True, cidr=other.cidr, ports=ports)
            yield _Flow(leaves=False, cidr=other.cidr, ports=ports)
    for client in clients:
        yield _Flow(leaves=False, cidr=client, ports=HTTPS)


def _is_open(entries: Sequence[NetworkAclEntryTypeDef], flow: _Flow) -> bool:
    """Whether no needed port is certainly closed.

    A rule that allows a part of the range counts for it, one that denies a part does not: somebody
    may be shut out who is none of ours.
    """
    network = IPv4Network(flow.cidr)
    undecided = set(flow.ports)
    for entry in sorted(entries, key=lambda each: each.get("RuleNumber", 0)):
        if entry.get("Egress") is not flow.leaves or "CidrBlock" not in entry:
            continue
        if entry.get("Protocol") not in {ANY_PROTOCOL, TCP}:
            continue
        ruled = IPv4Network(entry["CidrBlock"])
        ports = undecided & {*_ports(entry)}
        if entry.get("RuleAction") == "allow" and ruled.overlaps(network):
            undecided -= ports
        elif ports and network.subnet_of(ruled):
            return False
    return not undecided


def _ports(entry: NetworkAclEntryTypeDef) -> range:
    if entry.get("Protocol") == ANY_PROTOCOL or "PortRange" not in entry:
        return ALL_PORTS
    ports = entry["PortRange"]
    return range(ports.get("From", 0), ports.get("To", 0) + 1)
