"""CloudFormation types, and a VPC's CidrBlock, that MiniStack 1.5.33 has in its EC2 API only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from local.aws.adapter.handlers import CreatedResource, Properties


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """A CloudFormation type in terms of EC2 actions; `parameters` maps properties to theirs.

    The response has the new id in `id_element`; it is the value of each of `attributes`. The
    actions after the first and `delete` take it as `id_parameter`, the latter with the properties
    `delete_with`.
    """

    create: tuple[str, ...]
    delete: str
    id_element: str
    id_parameter: str
    parameters: Mapping[str, str]
    attributes: tuple[str, ...]
    delete_with: tuple[str, ...] = ()


def _rule(direction: str, peer: str) -> ResourceType:
    permission = "IpPermissions.1"
    return ResourceType(
        create=(f"AuthorizeSecurityGroup{direction}",),
        delete=f"RevokeSecurityGroup{direction}",
        id_element="securityGroupRuleId",
        id_parameter="SecurityGroupRuleId.1",
        parameters={
            "GroupId": "GroupId",
            "IpProtocol": f"{permission}.IpProtocol",
            "FromPort": f"{permission}.FromPort",
            "ToPort": f"{permission}.ToPort",
            "CidrIp": f"{permission}.IpRanges.1.CidrIp",
            f"{peer}SecurityGroupId": f"{permission}.Groups.1.GroupId",
            f"{peer}PrefixListId": f"{permission}.PrefixListIds.1.PrefixListId",
        },
        attributes=("Id",),
        delete_with=("GroupId",),
    )


RESOURCE_TYPES = {
    "AWS::EC2::EIP": ResourceType(
        create=("AllocateAddress",),
        delete="ReleaseAddress",
        id_element="allocationId",
        id_parameter="AllocationId",
        parameters={"Domain": "Domain"},
        attributes=("AllocationId",),
    ),
    "AWS::EC2::NatGateway": ResourceType(
        create=("CreateNatGateway",),
        delete="DeleteNatGateway",
        id_element="natGatewayId",
        id_parameter="NatGatewayId",
        parameters={"SubnetId": "SubnetId", "AllocationId": "AllocationId"},
        attributes=("NatGatewayId",),
    ),
    "AWS::EC2::VPCPeeringConnection": ResourceType(
        # Within one account CloudFormation accepts the request itself.
        create=("CreateVpcPeeringConnection", "AcceptVpcPeeringConnection"),
        delete="DeleteVpcPeeringConnection",
        id_element="vpcPeeringConnectionId",
        id_parameter="VpcPeeringConnectionId",
        parameters={"VpcId": "VpcId", "PeerVpcId": "PeerVpcId", "PeerRegion": "PeerRegion"},
        attributes=("Id",),
    ),
    "AWS::EC2::FlowLog": ResourceType(
        create=("CreateFlowLogs",),
        delete="DeleteFlowLogs",
        id_element="item",
        id_parameter="FlowLogId.1",
        parameters={
            "ResourceId": "ResourceId.1",
            "ResourceType": "ResourceType",
            "TrafficType": "TrafficType",
            "LogDestinationType": "LogDestinationType",
            "LogDestination": "LogDestination",
            "LogGroupName": "LogGroupName",
        },
        attributes=("Id",),
    ),
    "AWS::EC2::SecurityGroupIngress": _rule("Ingress", "Source"),
    "AWS::EC2::SecurityGroupEgress": _rule("Egress", "Destination"),
}


def install() -> None:
    """Adds the handlers of the types to CloudFormation, and the CidrBlock attribute to VPCs."""
    for name, resource_type in RESOURCE_TYPES.items():
        provisioners._RESOURCE_HANDLERS[name] = {
            "create": partial(_create, resource_type),
            "update": partial(_update, resource_type),
            "delete": partial(_delete, resource_type),
        }
    provisioners._RESOURCE_HANDLERS["AWS::EC2::PrefixList"] = {
        "create": _create_prefix_list,
        "delete": lambda identifier, _properties: _call(
            "DeleteManagedPrefixList", {"PrefixListId": identifier}
        ),
    }
    vpc = provisioners._RESOURCE_HANDLERS["AWS::EC2::VPC"]
    for operation in ("create", "update"):
        vpc[operation] = _with_cidr_block(vpc[operation])


def _create(
    resource_type: ResourceType, _logical_id: str, properties: Properties, _stack: str
) -> CreatedResource:
    parameters = {
        parameter: str(properties[name])
        for name, parameter in resource_type.parameters.items()
        if name in properties
    }
    create, *others = resource_type.create
    response = _call(create, parameters)
    found = re.search(rf"<{resource_type.id_element}>([^<]+)<", response)
    if not found:
        raise ValueError(f"{create} gave no {resource_type.id_element}: {response}")
    identifier = found[1]
    for action in others:
        _call(action, {resource_type.id_parameter: identifier})
    provisioners._ec2_apply_tags(identifier, properties)
    return identifier, dict.fromkeys(resource_type.attributes, identifier)


def _update(
    resource_type: ResourceType, identifier: str, old: Properties, new: Properties, stack: str
) -> CreatedResource:
    if _without_tags(old) == _without_tags(new):
        provisioners._ec2_apply_tags(identifier, new, old)
        return identifier, dict.fromkeys(resource_type.attributes, identifier)
    created = _create(resource_type, "", new, stack)
    provisioners._delete_predecessor(partial(_delete, resource_type), identifier, old)
    return created


def _without_tags(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if name != "Tags"}


def _delete(resource_type: ResourceType, identifier: str, properties: Properties) -> None:
    """Deletes a resource, unless it is gone: CloudFormation deletes what others deleted, too.

    https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html
    """
    others = {name: str(properties[name]) for name in resource_type.delete_with}
    try:
        _call(resource_type.delete, {resource_type.id_parameter: identifier, **others})
    except ValueError as error:
        if ".NotFound" not in str(error):
            raise
    ec2._tags.pop(identifier, None)


def _create_prefix_list(_logical_id: str, properties: Properties, _stack: str) -> CreatedResource:
    entries = {
        f"Entry.{number}.Cidr": each["Cidr"] for number, each in enumerate(properties["Entries"], 1)
    }
    parameters = {"PrefixListName": str(properties["PrefixListName"]), **entries}
    found = re.search(r"<prefixListId>([^<]+)<", _call("CreateManagedPrefixList", parameters))
    identifier = found[1] if found else ""
    return identifier, {"PrefixListId": identifier}


def _with_cidr_block(handle: Callable[..., CreatedResource]) -> Callable[..., CreatedResource]:
    def handle_with_cidr_block(*arguments: Any) -> CreatedResource:
        identifier, attributes = handle(*arguments)
        return identifier, {**attributes, "CidrBlock": ec2._vpcs[identifier]["CidrBlock"]}

    return handle_with_cidr_block


def _call(action: str, parameters: Mapping[str, str]) -> str:
    status, _headers, body = ec2._ACTION_MAP[action]({k: [v] for k, v in parameters.items()})
    response = body.decode() if isinstance(body, bytes) else str(body)
    if status != HTTPStatus.OK:
        raise ValueError(f"{action} failed: {response}")
    return response
