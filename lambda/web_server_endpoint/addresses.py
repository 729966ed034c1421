"""Lookup of the addresses of an environment's private web server, and of who may reach them.

MWAA creates a VPC endpoint in the environment's subnets and returns its service, not its addresses.
https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-vpe-access.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_mwaa import MWAAClient


class EndpointError(Exception):
    """Web server without an address; the text says why."""


@dataclass(frozen=True, kw_only=True)
class WebServer:
    """Private web server of an environment: the endpoint's service and the security groups."""

    environment: str
    endpoint_service: str
    security_group_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, order=True)
class EndpointAddress:
    """Private IPv4 address with its VPC, Availability Zone and security groups."""

    address: str
    vpc_id: str
    zone: str
    security_group_ids: tuple[str, ...]


class SecurityGroup(NamedTuple):
    """Ids of a security group and of its VPC."""

    group_id: str
    vpc_id: str


def find_web_server(mwaa: MWAAClient, environment: str) -> WebServer:
    """Looks up the web server of an environment in MWAA.

    Raises EndpointError where it is not private or not there, and botocore's errors.
    """
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
    return WebServer(
        environment=environment, endpoint_service=service, security_group_ids=tuple(groups)
    )


def find_endpoint(ec2: EC2Client, web_server: WebServer) -> tuple[EndpointAddress, ...]:
    """Looks up the addresses with what belongs to them, sorted, at least one.

    Raises EndpointError where there is none, and botocore's errors.
    """
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
        EndpointAddress(
            address=each["PrivateIpAddress"],
            vpc_id=each["VpcId"],
            zone=each["AvailabilityZone"],
            security_group_ids=tuple(group["GroupId"] for group in each["Groups"]),
        )
        for each in interfaces["NetworkInterfaces"]
    }
    if len(found) < len(wanted):
        raise EndpointError(
            f"Only {len(found)} of the {len(wanted)} addresses of {web_server.environment}'s web "
            "server were told."
        )
    return tuple(sorted(found))


def entrance(web_server: WebServer, found: Sequence[EndpointAddress]) -> SecurityGroup:
    """Returns the security group whose rules admit clients to the addresses.

    It is the environment's first one that the endpoint has. An endpoint has none of them while the
    environment's are being changed, or where people made it themselves: then it is its own first.
    """
    carried = {group: each.vpc_id for each in found for group in each.security_group_ids}
    group = next(each for each in (*web_server.security_group_ids, *carried) if each in carried)
    return SecurityGroup(group, carried[group])
