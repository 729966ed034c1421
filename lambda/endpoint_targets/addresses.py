"""Where the private web server of an environment is.

MWAA puts a VPC endpoint into the environment's subnets and names its service, not its addresses.
https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-vpe-access.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError


class EndpointError(Exception):
    """There is no address to send people to; the text says why."""


@dataclass(frozen=True, kw_only=True)
class WebServer:
    """An environment's private web server: its endpoint's service and who guards it."""

    environment: str
    endpoint_service: str
    security_group_id: str


@dataclass(frozen=True, kw_only=True, order=True)
class EndpointAddress:
    """A private address and the VPC that it belongs to."""

    address: str
    vpc_id: str


def find_addresses(mwaa: Any, ec2: Any, environment: str) -> tuple[str, ...]:
    """The private addresses of an environment's web server, in order, at least one.

    `mwaa` and `ec2` are boto3 clients. Raises EndpointError where there is none, and botocore's
    errors where AWS does not answer.
    """
    found = find_endpoint(ec2, find_web_server(mwaa, environment))
    return tuple(each.address for each in found)


def find_web_server(mwaa: Any, environment: str) -> WebServer:
    """What MWAA says of the web server; see `find_addresses`."""
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


def find_endpoint(ec2: Any, web_server: WebServer) -> tuple[EndpointAddress, ...]:
    """The addresses with their VPCs, in order, at least one; see `find_addresses`."""
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
