"""Handler that registers the addresses of an environment's private web server in a target group.

CloudFormation calls it as a custom resource, and a schedule because MWAA may move the endpoint.
Properties, which are the schedule's event as well: EnvironmentName, TargetGroupArn, and VpcId, the
target group's VPC. The attribute VpcId is the VPC of the web server's security group.
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
from web_server_endpoint.addresses import (
    EndpointAddress,
    entrance,
    find_endpoint,
    find_web_server,
)

if TYPE_CHECKING:
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
    if "ResponseURL" in event:
        respond(event, context, _deploy, physical_id=event["ResourceProperties"]["TargetGroupArn"])
    else:
        update(event, *_clients())


def _deploy(event: Event, context: LambdaContext) -> Mapping[str, str]:
    if event["RequestType"] == "Delete":
        # The targets are deleted with their group, and the environment may not exist.
        return {}
    clients = _clients()
    for each in clients:
        retry_while_denied(each, context)
    return update(event["ResourceProperties"], *clients)


def _clients() -> tuple[MWAAClient, EC2Client, ElasticLoadBalancingv2Client]:
    return (
        boto3.client("mwaa", config=CLIENT_CONFIG),
        boto3.client("ec2", config=CLIENT_CONFIG),
        boto3.client("elbv2", config=CLIENT_CONFIG),
    )


def update(
    properties: Mapping[str, str],
    mwaa: MWAAClient,
    ec2: EC2Client,
    elbv2: ElasticLoadBalancingv2Client,
) -> Mapping[str, str]:
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
        _log(web_server.environment, registered=new, deregistered=old)
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


def _log(environment: str, **changes: list[TargetDescriptionTypeDef]) -> None:
    addresses = {what: sorted(each["Id"] for each in targets) for what, targets in changes.items()}
    sys.stdout.write(f"{json.dumps({'environment': environment, **addresses})}\n")
