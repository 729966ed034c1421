"""Lookup of the addresses of an environment's private web server.

MWAA creates a VPC endpoint in the environment's subnets and returns its service, not its addresses.
https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-vpe-access.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_mwaa import MWAAClient


class EndpointError(Exception):
    """Web server without an address; the text says why."""


@dataclass(frozen=True, kw_only=True)
class WebServer:
    """Private web server of an environment: the endpoint's service and the security group."""

    environment: str
    endpoint_service: str
    security_group_id: str


@dataclass(frozen=True, kw_only=True, order=True)
class EndpointAddress:
    """Private IPv4 address and its VPC."""

    address: str
    vpc_id: str


def find_addresses(mwaa: MWAAClient, ec2: EC2Client, environment: str) -> tuple[str, ...]:
    """Returns the private addresses of an environment's web server, sorted, at least one.

    `mwaa` and `ec2` are boto3 clients. Raises EndpointError where there is none, and botocore's
    errors.
    """
    found = find_endpoint(ec2, find_web_server(mwaa, environment))
    return tuple(each.address for each in found)


def find_web_server(mwaa: MWAAClient, environment: str) -> WebServer:
    """Looks up the web server in MWAA; see `find_addresses`."""
    try:
        described = mwaa.get_environment(Name=environment)["Environment"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise EndpointError(
            f"There is no environment {environment} in this account and Region."
        ) from error
    if described.get("WebserverAccessMode") == "PUBLIC_ONLY":
        raise EndpointError(
            f"The web server of {environment} is public (PUBLIC_ONLY) and so has no endpoint in a "
            "VPC. Take UiHost out, or make it PRIVATE_ONLY."
        )
    service = described.get("WebserverVpcEndpointService")
    groups = described.get("NetworkConfiguration", {}).get("SecurityGroupIds")
    if not service or not groups:
        raise EndpointError(
            f"MWAA names no endpoint for the web server of {environment}, which is "
            f"{described.get('Status', 'in an unknown state')}."
        )
    return WebServer(environment=environment, endpoint_service=service, security_group_id=groups[0])


def find_endpoint(ec2: EC2Client, web_server: WebServer) -> tuple[EndpointAddress, ...]:
    """Looks up the addresses with their VPCs, sorted, at least one; see `find_addresses`."""
    service = web_server.endpoint_service
    endpoints = ec2.describe_vpc_endpoints(
        Filters=[
            {"Name": "service-name", "Values": [service]},
            {"Name": "vpc-endpoint-state", "Values": ["available"]},
        ]
    )["VpcEndpoints"]
    wanted = {each for endpoint in endpoints for each in endpoint.get("NetworkInterfaceIds", ())}
    if not wanted:
        raise EndpointError(
            f"No available VPC endpoint of {service} is in this account and Region, by which the "
            f"web server of {web_server.environment} would be reached."
        )
    interfaces = ec2.describe_network_interfaces(NetworkInterfaceIds=sorted(wanted))
    found = {
        EndpointAddress(address=each["PrivateIpAddress"], vpc_id=each["VpcId"])
        for each in interfaces["NetworkInterfaces"]
    }
    if len(found) < len(wanted):
        raise EndpointError(
            f"Only {len(found)} of the {len(wanted)} addresses of {web_server.environment}'s web "
            "server were told."
        )
    return tuple(sorted(found))
