"""Where the addresses of the deployed VPCs are on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from local.alb.address_targets import Endpoint

HTTPS = 443


class Network:
    """Knows the private addresses of web servers' endpoints, and nothing else of a VPC.

    An endpoint leads to the web server of its environment, and the account says where that is:
    `WebserverUrl` of GetEnvironment names a port of this machine. Reading it again when an address
    is new lets environments come and go.
    """

    def __init__(self, client: Callable[[str], Any]) -> None:
        """`client` makes a boto3 client of a service."""
        self._client = client
        self._ports: dict[str, int] = {}

    def locate(self, endpoint: Endpoint) -> int | None:
        """The port of this machine that answers for an address and a port of a VPC."""
        address, port = endpoint
        if address not in self._ports:
            self._ports = dict(self._read())
        return self._ports.get(address) if port == HTTPS else None

    def _read(self) -> Iterator[tuple[str, int]]:
        mwaa = self._client("mwaa")
        for name in mwaa.list_environments()["Environments"]:
            environment = mwaa.get_environment(Name=name)["Environment"]
            _, _, port = environment["WebserverUrl"].rpartition(":")
            if port.isdecimal() and (service := environment.get("WebserverVpcEndpointService")):
                yield from ((address, int(port)) for address in self._addresses(service))

    def _addresses(self, service: str) -> list[str]:
        ec2 = self._client("ec2")
        endpoints = ec2.describe_vpc_endpoints(
            Filters=[{"Name": "service-name", "Values": [service]}]
        )["VpcEndpoints"]
        found = [each for endpoint in endpoints for each in endpoint["NetworkInterfaceIds"]]
        if not found:
            return []
        interfaces = ec2.describe_network_interfaces(NetworkInterfaceIds=found)
        return [each["PrivateIpAddress"] for each in interfaces["NetworkInterfaces"]]
