"""The VPC endpoint of a private environment's web server, which MWAA creates in its subnets.

MiniStack 1.5.33 has endpoints and network interfaces, but does not relate them; it gives interfaces
addresses outside of their subnets, and ignores the filters of both Describe actions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_network
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import ec2

from local.aws.adapter.handlers import HandlerResponse

Record = dict[str, Any]
Parameters = Mapping[str, Any]

# AWS reserves the first four addresses of a subnet.
RESERVED_ADDRESSES = 4


@dataclass(frozen=True, kw_only=True)
class DescribeAction:
    """A Describe action of EC2: its records, the attributes of its filters, its XML."""

    name: str
    records: Mapping[str, Record]
    identifier: str
    filters: Mapping[str, str]
    render: Callable[[Record], str]
    element: str


def install() -> None:
    """Replaces the Describe actions of endpoints and interfaces."""
    endpoints = DescribeAction(
        name="DescribeVpcEndpoints",
        records=ec2._vpc_endpoints,
        identifier="VpcEndpointId",
        filters={
            "service-name": "ServiceName",
            "vpc-endpoint-id": "VpcEndpointId",
            "vpc-endpoint-state": "State",
            "vpc-endpoint-type": "VpcEndpointType",
            "vpc-id": "VpcId",
        },
        render=_endpoint_xml,
        element="vpcEndpointSet",
    )
    interfaces = DescribeAction(
        name="DescribeNetworkInterfaces",
        records=ec2._network_interfaces,
        identifier="NetworkInterfaceId",
        filters={
            "network-interface-id": "NetworkInterfaceId",
            "private-ip-address": "PrivateIpAddress",
            "subnet-id": "SubnetId",
            "vpc-id": "VpcId",
        },
        render=ec2._eni_fields_xml,
        element="networkInterfaceSet",
    )
    for action in (endpoints, interfaces):
        ec2._ACTION_MAP[action.name] = partial(_describe, action)


def create(service: str, network: Mapping[str, Sequence[str]]) -> None:
    """Creates the endpoint of a web server, with an address in each subnet.

    If it exists, it gets the security groups. `network` is the environment's NetworkConfiguration.
    """
    subnets, groups = network.get("SubnetIds", ()), network.get("SecurityGroupIds", ())
    existing = [each for each in ec2._vpc_endpoints.values() if each["ServiceName"] == service]
    for each in existing:
        each["Groups"] = list(groups)
        for interface in each["NetworkInterfaceIds"]:
            ec2._network_interfaces[interface]["Groups"] = _named(groups)
    if existing or not subnets:
        return
    endpoint = _identifier("vpce")
    ec2._vpc_endpoints[endpoint] = {
        "VpcEndpointId": endpoint,
        "VpcEndpointType": "Interface",
        "VpcId": ec2._subnets[subnets[0]]["VpcId"],
        "ServiceName": service,
        "State": "available",
        "SubnetIds": list(subnets),
        "NetworkInterfaceIds": [_create_interface(endpoint, each, groups) for each in subnets],
        "Groups": list(groups),
        "OwnerId": "amazon-mwaa",
    }


def remove(service: str) -> None:
    """Removes the endpoint of a web server and its interfaces, if it exists."""
    for endpoint, record in list(ec2._vpc_endpoints.items()):
        if record["ServiceName"] == service:
            del ec2._vpc_endpoints[endpoint]
            for interface in record["NetworkInterfaceIds"]:
                ec2._network_interfaces.pop(interface, None)


def _create_interface(endpoint: str, subnet: str, groups: Sequence[str]) -> str:
    interface = _identifier("eni")
    ec2._network_interfaces[interface] = {
        "NetworkInterfaceId": interface,
        "SubnetId": subnet,
        "VpcId": ec2._subnets[subnet]["VpcId"],
        "AvailabilityZone": ec2._subnets[subnet]["AvailabilityZone"],
        "Description": f"VPC Endpoint Interface {endpoint}",
        "OwnerId": "amazon-mwaa",
        "Status": "in-use",
        "PrivateIpAddress": _free_address(subnet),
        "InterfaceType": "vpc_endpoint",
        "MacAddress": "02:00:00:00:00:01",
        "Groups": _named(groups),
    }
    return interface


def _named(groups: Sequence[str]) -> list[dict[str, str]]:
    return [{"GroupId": each, "GroupName": each} for each in groups]


def _free_address(subnet: str) -> str:
    taken = {each["PrivateIpAddress"] for each in ec2._network_interfaces.values()}
    hosts = iter(ip_network(ec2._subnets[subnet]["CidrBlock"]))
    for _ in range(RESERVED_ADDRESSES):
        next(hosts)
    return next(str(each) for each in hosts if str(each) not in taken)


def _identifier(prefix: str) -> str:
    return f"{prefix}-{new_uuid().replace('-', '')[:17]}"


def _describe(action: DescribeAction, parameters: Parameters) -> HandlerResponse:
    ids = ec2._parse_member_list(parameters, action.identifier)
    filters = ec2._parse_filters(parameters)
    response: HandlerResponse
    if problem := _problem(action, ids, filters):
        response = ec2._error(*problem, 400)
        return response
    records = "".join(
        action.render(record)
        for identifier, record in action.records.items()
        if (not ids or identifier in ids)
        and all(record[action.filters[name]] in values for name, values in filters.items())
    )
    content = f"<{action.element}>{records}</{action.element}>"
    response = ec2._xml(200, f"{action.name}Response", content)
    return response


def _problem(
    action: DescribeAction, ids: Sequence[str], filters: Mapping[str, Any]
) -> tuple[str, str] | None:
    """The code and message of an error, if there is one."""
    missing = [each for each in ids if each not in action.records]
    if missing:
        return f"Invalid{action.identifier}.NotFound", f"There is no {', '.join(missing)}"
    unknown = sorted(filters.keys() - action.filters.keys())
    if unknown:
        return "InvalidParameterValue", f"The filters {', '.join(unknown)} are not known here"
    return None


def _endpoint_xml(record: Record) -> str:
    interfaces = "".join(f"<item>{each}</item>" for each in record.get("NetworkInterfaceIds", ()))
    groups = "".join(f"<item><groupId>{each}</groupId></item>" for each in record.get("Groups", ()))
    added = (
        f"<networkInterfaceIdSet>{interfaces}</networkInterfaceIdSet><groupSet>{groups}</groupSet>"
        f"<privateDnsEnabled>{str(record.get('PrivateDnsEnabled', False)).lower()}"
        "</privateDnsEnabled>"
    )
    return re.sub(r"</item>\s*$", f"{added}</item>", str(ec2._vpce_fields_xml(record)))
