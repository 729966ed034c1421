"""Handler that keeps a load balancer's way to an environment's private web server.

There are two things to keep, each a custom resource that CloudFormation calls it for, and an event
of a schedule, because MWAA may move the endpoint and people may recreate the environment:

- targets: properties EnvironmentName, TargetGroupArn, and VpcId, the target group's VPC. The
  attribute VpcId is the VPC of the web server's security group.
- the rule that lets the load balancer in: properties EnvironmentName, Source and Owner, as in
  `ingress`.

The properties are the schedule's events as well.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from custom_resource import Event, LambdaContext, respond
from custom_resource.permissions import retry_while_denied
from endpoint_targets import ingress
from endpoint_targets.addresses import EndpointAddress, entrance, find_endpoint, find_web_server

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_elbv2 import ElasticLoadBalancingv2Client
    from types_boto3_elbv2.type_defs import TargetDescriptionTypeDef
    from types_boto3_mwaa import MWAAClient

PORT = 443
DRAINING = "draining"
# A call that hangs must leave time for the response to CloudFormation.
CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=5)


def handle(event: Event, context: LambdaContext) -> None:
    """Handles an event of CloudFormation or of the schedule."""
    if "ResponseURL" not in event:
        _update(event)
        return
    properties = event["ResourceProperties"]
    # Neither changes while the resource is the same one: a rule belongs to its stack.
    physical_id = properties.get("Owner") or properties["TargetGroupArn"]
    respond(event, context, _deploy, physical_id=physical_id)


def _deploy(event: Event, context: LambdaContext) -> Mapping[str, str]:
    properties = event["ResourceProperties"]
    if event["RequestType"] != "Delete":
        return _update(properties, context)
    if owner := properties.get("Owner"):
        # The environment may not exist; its security group may.
        _log(properties, ingress.withdraw(_ec2(context), owner))
    # Targets are deleted with their group.
    return {}


def _update(properties: Mapping[str, str], context: LambdaContext | None = None) -> dict[str, str]:
    mwaa, ec2 = boto3.client("mwaa", config=CLIENT_CONFIG), _ec2(context)
    _retry(mwaa, context)
    if "Owner" in properties:
        update_ingress(properties, mwaa, ec2)
        return {}
    elbv2 = boto3.client("elbv2", config=CLIENT_CONFIG)
    _retry(elbv2, context)
    return update_targets(properties, mwaa, ec2, elbv2)


def _ec2(context: LambdaContext | None) -> EC2Client:
    ec2 = boto3.client("ec2", config=CLIENT_CONFIG)
    _retry(ec2, context)
    return ec2


def _retry(client: BaseClient, context: LambdaContext | None) -> None:
    """Waits for permissions of a deployment; the schedule has its own, and comes again."""
    if context:
        retry_while_denied(client, context)


def update_ingress(properties: Mapping[str, str], mwaa: MWAAClient, ec2: EC2Client) -> None:
    """Lets the load balancer in where the web server is now, and nowhere else.

    Raises EndpointError without any address, before it changes anything.
    """
    web_server = find_web_server(mwaa, properties["EnvironmentName"])
    group = entrance(web_server, find_endpoint(ec2, web_server))
    rule = ingress.Ingress(source=properties["Source"], owner=properties["Owner"])
    _log(properties, ingress.admit(ec2, rule, group.group_id))


def update_targets(
    properties: Mapping[str, str],
    mwaa: MWAAClient,
    ec2: EC2Client,
    elbv2: ElasticLoadBalancingv2Client,
) -> dict[str, str]:
    """Registers new targets, deregisters old ones and returns the resource's attributes.

    Raises EndpointError without any address, before it changes anything: the group is never empty.
    """
    web_server = find_web_server(mwaa, properties["EnvironmentName"])
    found = find_endpoint(ec2, web_server)
    group = properties["TargetGroupArn"]
    registered = _registered(elbv2, group)
    current = {(each.address, PORT): _target(each, properties["VpcId"]) for each in found}
    new = [current[each] for each in current.keys() - registered.keys()]
    old = [registered[each] for each in registered.keys() - current.keys()]
    if new:
        elbv2.register_targets(TargetGroupArn=group, Targets=new)
    if old:
        elbv2.deregister_targets(TargetGroupArn=group, Targets=old)
    if new or old:
        _write(properties, registered=_addresses(new), deregistered=_addresses(old))
    return {"VpcId": entrance(web_server, found).vpc_id}


def _registered(
    elbv2: ElasticLoadBalancingv2Client, group: str
) -> dict[tuple[str, int], TargetDescriptionTypeDef]:
    """Targets by address and port, without draining ones, which can be registered again."""
    described = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return {
        (each["Target"]["Id"], each["Target"]["Port"]): each["Target"]
        for each in described
        if each["TargetHealth"]["State"] != DRAINING
    }


def _target(endpoint: EndpointAddress, vpc_id: str) -> TargetDescriptionTypeDef:
    target: TargetDescriptionTypeDef = {"Id": endpoint.address, "Port": PORT}
    # Required for an address outside the target group's VPC, refused for one within.
    return target if endpoint.vpc_id == vpc_id else target | {"AvailabilityZone": "all"}


def _addresses(targets: list[TargetDescriptionTypeDef]) -> list[str]:
    return sorted(each["Id"] for each in targets)


def _log(properties: Mapping[str, str], changes: ingress.Changes) -> None:
    if changes.added or changes.removed:
        _write(properties, allowed_by=list(changes.added), no_longer_by=list(changes.removed))


def _write(properties: Mapping[str, str], **changes: list[str]) -> None:
    sys.stdout.write(f"{json.dumps({'environment': properties['EnvironmentName'], **changes})}\n")
