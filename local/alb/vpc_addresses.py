"""The local ports behind the addresses of the deployed VPCs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

import boto3

from local.alb.ip_targets import IpTarget

HTTPS = 443
MAX_AGE_SECONDS = 5.0


class VpcAddressResolver:
    """Resolves the private web servers that a load balancer reaches to ports of this machine.

    A VPC endpoint leads to the web server of its environment, whose port is in the `WebserverUrl`
    of GetEnvironment. Reachable are those whose security group admits the load balancer; routes
    between VPCs are ignored. An unknown address is looked up again, because environments are
    created and deleted during a run.
    """

    def __init__(self, session: boto3.Session, load_balancer_arn: str) -> None:
        self._session = session
        self._load_balancer_arn = load_balancer_arn
        self._ports: dict[str, int] = {}
        self._read_at = 0.0

    def local_port(self, target: IpTarget) -> int | None:
        """The port of this machine that serves the target; None if it is not reachable."""
        address, port = target
        if address not in self._ports or time.monotonic() - self._read_at > MAX_AGE_SECONDS:
            self._ports = dict(self._read())
            self._read_at = time.monotonic()
        return self._ports.get(address) if port == HTTPS else None

    def _read(self) -> Iterator[tuple[str, int]]:
        mwaa, admitting = self._session.client("mwaa"), self._admitting_security_groups()
        for name in mwaa.list_environments()["Environments"]:
            environment = mwaa.get_environment(Name=name)["Environment"]
            _, _, port = environment["WebserverUrl"].rpartition(":")
            service = environment.get("WebserverVpcEndpointService")
            if not service or not port.isdecimal():
                continue
            for interface in self._interfaces(service):
                if admitting & {group["GroupId"] for group in interface["Groups"]}:
                    yield interface["PrivateIpAddress"], int(port)

    def _interfaces(self, service: str) -> Iterable[Mapping[str, Any]]:
        ec2 = self._session.client("ec2")
        endpoints = ec2.describe_vpc_endpoints(
            Filters=[{"Name": "service-name", "Values": [service]}]
        )["VpcEndpoints"]
        ids = [each for endpoint in endpoints for each in endpoint["NetworkInterfaceIds"]]
        if not ids:
            return []
        return ec2.describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"]

    def _admitting_security_groups(self) -> set[str]:
        """The security groups with a rule for the load balancer's groups, or for its subnets."""
        [balancer] = self._session.client("elbv2").describe_load_balancers(
            LoadBalancerArns=[self._load_balancer_arn]
        )["LoadBalancers"]
        ec2 = self._session.client("ec2")
        subnets = ec2.describe_subnets(
            SubnetIds=[zone["SubnetId"] for zone in balancer["AvailabilityZones"]]
        )["Subnets"]
        groups, ranges = {*balancer["SecurityGroups"]}, [each["CidrBlock"] for each in subnets]
        return {
            group["GroupId"]
            for group in ec2.describe_security_groups()["SecurityGroups"]
            if any(
                _admits(self._with_ranges(rule), groups, ranges) for rule in group["IpPermissions"]
            )
        }

    def _with_ranges(self, rule: Mapping[str, Any]) -> Mapping[str, Any]:
        """The rule with the ranges of its prefix lists."""
        ec2 = self._session.client("ec2")
        entries = [
            {"CidrIp": entry["Cidr"]}
            for each in rule["PrefixListIds"]
            for entry in ec2.get_managed_prefix_list_entries(PrefixListId=each["PrefixListId"])[
                "Entries"
            ]
        ]
        return {**rule, "IpRanges": [*rule["IpRanges"], *entries]}


def _admits(rule: Mapping[str, Any], groups: set[str], ranges: Iterable[str]) -> bool:
    if rule["IpProtocol"] != "-1" and not (
        rule["IpProtocol"] == "tcp" and rule["FromPort"] <= HTTPS <= rule["ToPort"]
    ):
        return False
    if groups & {pair["GroupId"] for pair in rule["UserIdGroupPairs"]}:
        return True
    allowed = [ip_network(each["CidrIp"]) for each in rule["IpRanges"]]
    return all(
        any(ip_network(cidr).subnet_of(each) for each in allowed)  # type: ignore[arg-type]
        for cidr in ranges
    )
