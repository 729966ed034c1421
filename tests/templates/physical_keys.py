"""What AWS has once: the physical key of each resource, by which a second creation is refused.

CloudFormation creates before it deletes. A logical id that takes over another's physical key, or a
stack that takes one over from another stack, fails with "already exists".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.templates.synthesis import Json, Synthesis, rendered

NAMES: Mapping[str, tuple[str, ...]] = {
    "AWS::DynamoDB::Table": ("TableName",),
    "AWS::EC2::Route": ("RouteTableId", "DestinationCidrBlock"),
    "AWS::EC2::SecurityGroupIngress": (
        *("GroupId", "SourceSecurityGroupId", "SourcePrefixListId", "CidrIp"),
        *("IpProtocol", "FromPort", "ToPort"),
    ),
    "AWS::EC2::Subnet": ("VpcId", "CidrBlock"),
    "AWS::EC2::SubnetRouteTableAssociation": ("SubnetId",),
    "AWS::EC2::TransitGatewayAttachment": ("TransitGatewayId", "VpcId"),
    "AWS::EC2::VPCEndpoint": ("VpcId", "ServiceName"),
    "AWS::EC2::VPCGatewayAttachment": ("VpcId",),
    "AWS::EC2::VPCPeeringConnection": ("VpcId", "PeerVpcId"),
    "AWS::ElasticLoadBalancingV2::Listener": ("LoadBalancerArn", "Port"),
    "AWS::ElasticLoadBalancingV2::ListenerRule": ("ListenerArn", "Priority"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("Name",),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName",),
    "AWS::IAM::Role": ("RoleName",),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::Logs::QueryDefinition": ("Name",),
    "AWS::MWAA::Environment": ("Name",),
    "AWS::Route53::RecordSet": ("HostedZoneId", "Name", "Type"),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SecretsManager::Secret": ("Name",),
    "Custom::WebAcl": ("LoadBalancerArn",),
    "Custom::WebServerIngress": ("EnvironmentName", "Source"),
}
"""Properties that make up the physical key, by type; one without a given name has none."""

GENERATED = {"Ref", "Fn::GetAtt"}


class Owner(NamedTuple):
    """The resource that has a physical key."""

    stack: str
    logical_id: str


def physical_keys(synthesis: Synthesis) -> dict[tuple[str, ...], Owner]:
    """Owners by physical key; fails where one template has a key twice."""
    found: dict[tuple[str, ...], Owner] = {}
    for stack, logical_id, resource in synthesis.all_resources():
        if key := _key(stack, resource):
            owner = Owner(stack, logical_id)
            assert found.setdefault(key, owner) == owner, (key, found[key], owner)
    return found


def _key(stack: str, resource: Json) -> tuple[str, ...] | None:
    names = NAMES.get(resource["Type"])
    if names is None:
        return None
    properties = resource["Properties"]
    given = [properties.get(name) for name in names]
    if not any(each is not None for each in given):
        return None
    return (resource["Type"], *(_text(stack, each) for each in given))


def _text(stack: str, value: Any) -> str:
    """The value as text; what refers to a resource is the stack's own."""
    text = json.dumps(rendered(value), sort_keys=True)
    own = any(f'"{each}"' in json.dumps(value) for each in GENERATED)
    return f"{stack}/{text}" if own else text


def ranges(synthesis: Synthesis) -> Iterator[tuple[Owner, str, str]]:
    """Each subnet with the VPC that it is in and its range."""
    for stack, logical_id, resource in synthesis.all_resources():
        if resource["Type"] == "AWS::EC2::Subnet":
            properties = resource["Properties"]
            yield (
                Owner(stack, logical_id),
                _text(stack, properties["VpcId"]),
                str(properties["CidrBlock"]),
            )
