"""Where the addresses of the deployed VPCs are on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from local.alb.ip_targets import IpTarget

HTTPS = 443


class VpcAddressResolver:
    """What a load balancer reaches: private web servers whose security group lets it in.

    An endpoint leads to the web server of its environment, and the account says where that is:
    `WebserverUrl` of GetEnvironment names a port of this machine. Reading it again when an address
    is new lets environments come and go. Routes between VPCs are not looked at.
    """

    def __init__(self, client: Callable[[str], Any], load_balancer_arn: str) -> None:
        """`client` makes a boto3 client of a service."""
        self._client = client
        self._load_balancer_arn = load_balancer_arn
        self._ports: dict[str, int] = {}

    def locate(self, endpoint: IpTarget) -> int | None:
        """The port of this machine that answers for an address and a port of a VPC."""
        address, port = endpoint
        if address not in self._ports:
            self._ports = dict(self._read())
        return self._ports.get(address) if port == HTTPS else None

    def _read(self) -> Iterator[tuple[str, int]]:
        mwaa, lets_in = self._client("mwaa"), self._security_groups_that_let_in()
        for name in mwaa.list_environments()["Environments"]:
            environment = mwaa.get_environment(Name=name)["Environment"]
            _, _, port = environment["WebserverUrl"].rpartition(":")
            service = environment.get("WebserverVpcEndpointService")
            if not service or not port.isdecimal():
                continue
            for interface in self._interfaces(service):
                if lets_in & {group["GroupId"] for group in interface["Groups"]}:
                    yield interface["PrivateIpAddress"], int(port)

    def _interfaces(self, service: str) -> list[Mapping[str, Any]]:
        ec2 = self._client("ec2")
        endpoints = ec2.describe_vpc_endpoints(
            Filters=[{"Name": "service-name", "Values": [service]}]
        )["VpcEndpoints"]
        found = [each for endpoint in endpoints for each in endpoint["NetworkInterfaceIds"]]
        if not found:
            return []
        interfaces: list[Mapping[str, Any]] = ec2.describe_network_interfaces(
            NetworkInterfaceIds=found
        )["NetworkInterfaces"]
        return interfaces

    def _security_groups_that_let_in(self) -> set[str]:
        """The security groups with a rule for the load balancer's groups, or for its subnets."""
        [balancer] = self._client("elbv2").describe_load_balancers(
            LoadBalancerArns=[self._load_balancer_arn]
        )["LoadBalancers"]
        ec2 = self._client("ec2")
        subnets = ec2.describe_subnets(
            SubnetIds=[zone["SubnetId"] for zone in balancer["AvailabilityZones"]]
        )["Subnets"]
        groups, ranges = {*balancer["SecurityGroups"]}, [each["CidrBlock"] for each in subnets]
        return {
            group["GroupId"]
            for group in ec2.describe_security_groups()["SecurityGroups"]
            if any(_lets_in(rule, groups, ranges) for rule in group["IpPermissions"])
        }


def _lets_in(rule: Mapping[str, Any], groups: set[str], ranges: Iterable[str]) -> bool:
    if rule["IpProtocol"] != "-1" and not (
        rule["IpProtocol"] == "tcp" and rule["FromPort"] <= HTTPS <= rule["ToPort"]
    ):
        return False
    if groups & {pair["GroupId"] for pair in rule["UserIdGroupPairs"]}:
        return True
    allowed = [ip_network(each["CidrIp"]) for each in rule["IpRanges"]]
    return all(
        any(ip_network(wanted).subnet_of(each) for each in allowed)  # type: ignore[arg-type]
        for wanted in ranges
    )
