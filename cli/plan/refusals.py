"""Why CloudFormation, or a service, refuses an update.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from cli.plan.application import Application, Resource, StackState
from cli.plan.differences import Impact, ResourceChange
from config.key_changes import entries
from config.model import is_existing

ENVIRONMENT = "AWS::MWAA::Environment"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
RULE, RECORD = "AWS::ElasticLoadBalancingV2::ListenerRule", "AWS::Route53::RecordSet"
SECURITY_GROUP = "AWS::EC2::SecurityGroup"
SUBNET = "AWS::EC2::Subnet"
VPC = "AWS::EC2::VPC"
ENDPOINT = "AWS::EC2::VPCEndpoint"
MOVES_ENDPOINTS = (
    "a VPC has one endpoint of a service, and theirs is there first. First OwnsInterfaceEndpoints "
    "false in the entry of that stack (put it back where it left the file), and deploy; then true "
    "in the other one. In between, what has no route to the internet reaches none of these "
    "services."
)
"""https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html"""
NAMED_BY = {
    ENVIRONMENT: "Name",
    LOAD_BALANCER: "Name",
    TARGET_GROUP: "Name",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::IAM::Role": "RoleName",
}
"""The property with a resource's physical name, which nothing else can have meanwhile."""

Changes = Mapping[str, Sequence[ResourceChange]]
"""The changes of stacks, by the stacks' names."""


def refusals(
    stack: StackState, before: Application, after: Application, changes: Changes
) -> Iterator[str]:
    """Why the deployment of a stack is refused."""
    former = before.stacks.get(stack.name)
    yield from _places_in_use(former, stack, before)
    if former:
        own = {each.id: each for each in changes[stack.name]}
        yield from _names_in_use(former, stack, own)
        yield from _exports_in_use(former, stack, before, own)
        yield from _load_balancers_tied(stack, own)
        yield from _addresses_in_use(former, stack, own)
    else:
        yield from _held_by_stacks_that_stay(stack, before, after)
        yield from _exist_already(stack, before)


def reasons_not_to_leave(stack: StackState, after: Application) -> Iterator[str]:
    """Why a stack must not leave the configuration: whoever removes it deletes what is listed."""
    for name in sorted(_names(stack, ENVIRONMENT, NAMED_BY[ENVIRONMENT]) & _existing(after)):
        yield (
            f"{name} would be listed as an environment that exists already, and the stack "
            f"{stack.name} still owns it: whoever removes that stack deletes {name}. Put the keys "
            "of a new environment back."
        )


@dataclass(frozen=True)
class _Place:
    """What one stack alone can have, in words, and how another one gets it."""

    what: str
    remedy: str = "free it in a deployment of its own."


def _places_in_use(
    former: StackState | None, stack: StackState, before: Application
) -> Iterator[str]:
    """A record, a rule's priority and a service's private DNS in a VPC belong to one stack.

    Each keeps them until it goes, or its own deployment frees them. Which of two stacks is deployed
    first is not certain, so a trade fails, and so may a hand-over.
    """
    wanted = _places(stack).keys() - (_places(former).keys() if former else set())
    for other in before.stacks.values():
        theirs = _places(other)
        if other.name != stack.name and (taken := wanted & theirs.keys()):
            by_kind = {theirs[key].remedy: theirs[key] for key in sorted(taken, reverse=True)}
            for place in by_kind.values():
                yield f"{place.what} of the stack {other.name}: {place.remedy}"


def _places(stack: StackState) -> Mapping[str, _Place]:
    """What a stack alone can have, by its identity."""
    rules = (each.get("Properties") or {} for _, each in stack.of_type(RULE))
    records = (each.get("Properties") or {} for _, each in stack.of_type(RECORD))
    endpoints = (each.get("Properties") or {} for _, each in stack.of_type(ENDPOINT))
    return {
        **{
            json.dumps([each.get("ListenerArn"), each.get("Priority")]): _Place(
                f"The priority {each.get('Priority')} of a rule is that"
            )
            for each in rules
            if "Fn::ImportValue" in (each.get("ListenerArn") or {})
        },
        **{
            json.dumps([each.get("HostedZoneId"), each.get("Name"), each.get("Type")]): _Place(
                f"The record of {str(each.get('Name')).rstrip('.')} is that"
            )
            for each in records
        },
        **{
            json.dumps([each["VpcId"], each.get("ServiceName")]): _Place(
                f"The interface endpoints of {each['VpcId']} are those", MOVES_ENDPOINTS
            )
            for each in endpoints
            # That of a VPC of its own is no text.
            if each.get("PrivateDnsEnabled") is True and isinstance(each.get("VpcId"), str)
        },
    }


def _names_in_use(
    former: StackState, stack: StackState, own: Mapping[str, ResourceChange]
) -> Iterator[str]:
    """Something is made before what it replaces is deleted, so it needs another name."""
    for each in own.values():
        name = NAMED_BY.get(each.type)
        if each.is_replaced and name:
            old, new = (_properties(side, each.id).get(name) for side in (former, stack))
            if isinstance(new, str) and old == new:
                yield f"{new} cannot be replaced: a second one cannot have its name meanwhile."


def _exports_in_use(
    former: StackState,
    stack: StackState,
    before: Application,
    own: Mapping[str, ResourceChange],
) -> Iterator[str]:
    """An exported value stays as it is while another stack imports it."""
    others = [each.template for each in before.stacks.values() if each.name != stack.name]
    imported = set(re.findall(r'"Fn::ImportValue": "([^"]+)"', json.dumps(others)))
    old, new = (_exports(each) for each in (former, stack))
    for name in imported & old.keys():
        read = set(re.findall(r'"([A-Za-z0-9]+)"', json.dumps(old[name])))
        replaced = any(each.is_replaced and each.id in read for each in own.values())
        if replaced or new.get(name) != old[name]:
            yield f"{stack.id} exports a value that other stacks use, and it would change."


def _load_balancers_tied(stack: StackState, own: Mapping[str, ResourceChange]) -> Iterator[str]:
    """A load balancer stays in its VPC, and a target group at its load balancer.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetSecurityGroups.html
    """
    replaced = {each.id for each in own.values() if each.is_replaced}
    for id_, _ in stack.of_type(LOAD_BALANCER):
        stays = any(group not in replaced for group, _ in stack.of_type(TARGET_GROUP))
        if id_ in replaced and stays:
            yield f"The load balancer of {stack.id} cannot be replaced: target groups belong to it."
        moves = any(
            group in replaced and "VpcId" in own[group].properties
            for group, _ in stack.of_type(SECURITY_GROUP)
        )
        if id_ not in replaced and moves:
            yield f"The load balancer of {stack.id} stays in its VPC."


def _addresses_in_use(
    former: StackState, stack: StackState, own: Mapping[str, ResourceChange]
) -> Iterator[str]:
    """A subnet is made while another one of its VPC has its addresses.

    https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    """
    replaced = {each.id for each in own.values() if each.is_replaced}
    if any(id_ in replaced for id_, _ in stack.of_type(VPC)):
        return
    made = {each.id for each in own.values() if each.impact is Impact.MADE} | replaced
    taken = [_range(subnet) for _, subnet in former.of_type(SUBNET)]
    wanted = [_range(subnet) for id_, subnet in stack.of_type(SUBNET) if id_ in made]
    if any(one and other and one.overlaps(other) for one in wanted for other in taken):
        yield f"{stack.id} needs subnets whose addresses its former subnets still have."


def _held_by_stacks_that_stay(
    stack: StackState, before: Application, after: Application
) -> Iterator[str]:
    """A stack that left the configuration goes on to hold its names and its routes."""
    for left in (each for name, each in before.stacks.items() if name not in after.stacks):
        taken = [
            name
            for type_, key in NAMED_BY.items()
            for name in _names(stack, type_, key) & _names(left, type_, key)
        ]
        if taken:
            more = f" and {len(taken) - 1} more names" if len(taken) > 1 else ""
            yield f"The stack {left.name} goes on to hold {taken[0]}{more}."
        if _routes(stack) & _routes(left):
            yield f"The stack {left.name} goes on to hold routes to the addresses of {stack.id}."


def _exist_already(stack: StackState, before: Application) -> Iterator[str]:
    """An environment that was listed as one that exists is in MWAA, which has each name once.

    MWAA refuses it last: by then the stack has made its VPC, gateways and bucket.
    """
    for name in sorted(_names(stack, ENVIRONMENT, NAMED_BY[ENVIRONMENT]) & _existing(before)):
        yield (
            f"MWAA has {name} already: until now it is listed as an environment that exists. Take "
            "the keys of a new environment out of its entry, or give the new one another name."
        )


def _existing(application: Application) -> set[str]:
    """The names of environments that the file lists, and that no stack of it makes."""
    written = application.written or {}
    quick_start = written.get("QuickStart")
    named = quick_start.get("MwaaEnvironmentName") if isinstance(quick_start, dict) else None
    listed = {name for name, entry in entries(written).items() if is_existing(entry)}
    return listed | ({named} if isinstance(named, str) else set())


def _properties(stack: StackState, id_: str) -> Mapping[str, Any]:
    return stack.resources.get(id_, {}).get("Properties") or {}


def _names(stack: StackState, type_: str, key: str) -> set[str]:
    """The physical names of resources of a type."""
    given = ((each.get("Properties") or {}).get(key) for _, each in stack.of_type(type_))
    return {name for name in given if isinstance(name, str)}


def _routes(stack: StackState) -> set[str]:
    """Routes in tables of other stacks, of which a table has one to a destination."""
    routes = [each.get("Properties") or {} for _, each in stack.of_type("AWS::EC2::Route")]
    return {
        json.dumps([each.get("RouteTableId"), each.get("DestinationCidrBlock")])
        for each in routes
        if "Ref" not in (each.get("RouteTableId") or {})
    }


def _range(resource: Resource) -> IPv4Network | None:
    cidr = (resource.get("Properties") or {}).get("CidrBlock")
    return IPv4Network(cidr) if isinstance(cidr, str) else None


def _exports(stack: StackState) -> Mapping[str, Any]:
    outputs = (stack.template.get("Outputs") or {}).values()
    return {
        each["Export"]["Name"]: each["Value"]
        for each in outputs
        if isinstance(each.get("Export", {}).get("Name"), str)
    }
