"""Keeps the addresses of an environment's private web server in a target group.

Called by CloudFormation as a custom resource and by a schedule, because MWAA may move the endpoint.
Properties, which are the schedule's event as well: EnvironmentName, TargetGroupArn, and VpcId, the
target group's VPC. The attribute SecurityGroupId is the group that guards the web server.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from custom_resource import Context, Event, answer
from custom_resource.permissions import wait_for_permissions
from endpoint_targets.addresses import EndpointAddress, find_endpoint, find_web_server

PORT = 443
LEAVING = "draining"
# A call that hangs must not cost the time in which CloudFormation can still be told.
PATIENCE = Config(connect_timeout=2, read_timeout=5)

Target = dict[str, Any]


def handle(event: Event, context: Context) -> None:
    """Answer CloudFormation's event, or do what the schedule asks for."""
    if "ResponseURL" in event:
        answer(event, context, _deploy, physical_id=event["ResourceProperties"]["TargetGroupArn"])
    else:
        update(event, *_clients())


def _deploy(event: Event, context: Context) -> Mapping[str, str]:
    if event["RequestType"] == "Delete":
        # The targets go with their group, and the environment may be gone already.
        return {}
    clients = _clients()
    for each in clients:
        wait_for_permissions(each, context)
    return update(event["ResourceProperties"], *clients)


def _clients() -> tuple[Any, Any, Any]:
    mwaa, ec2, elbv2 = (boto3.client(each, config=PATIENCE) for each in ("mwaa", "ec2", "elbv2"))
    return mwaa, ec2, elbv2


def update(properties: Mapping[str, str], mwaa: Any, ec2: Any, elbv2: Any) -> Mapping[str, str]:
    """Register what is missing, then deregister what is gone; the resource's attributes.

    Without any address it raises before it changes anything, so that the group is never emptied.
    """
    web_server = find_web_server(mwaa, properties["EnvironmentName"])
    found = find_endpoint(ec2, web_server)
    group = properties["TargetGroupArn"]
    registered = _registered(elbv2, group)
    wanted = {(each.address, PORT): _target(each, properties["VpcId"]) for each in found}
    new = [wanted[each] for each in wanted.keys() - registered.keys()]
    gone = [registered[each] for each in registered.keys() - wanted.keys()]
    if new:
        elbv2.register_targets(TargetGroupArn=group, Targets=new)
    if gone:
        elbv2.deregister_targets(TargetGroupArn=group, Targets=gone)
    if new or gone:
        _log(web_server.environment, registered=new, deregistered=gone)
    return {"SecurityGroupId": web_server.security_group_id}


def _registered(elbv2: Any, group: str) -> dict[tuple[str, int], Target]:
    """The targets by address and port, but for those that are leaving: they may come back."""
    described = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return {
        (each["Target"]["Id"], each["Target"]["Port"]): each["Target"]
        for each in described
        if each["TargetHealth"]["State"] != LEAVING
    }


def _target(endpoint: EndpointAddress, vpc_id: str) -> Target:
    target: Target = {"Id": endpoint.address, "Port": PORT}
    # For addresses outside of the target group's VPC it must be there, within it must not.
    return target if endpoint.vpc_id == vpc_id else target | {"AvailabilityZone": "all"}


def _log(environment: str, **changes: list[Target]) -> None:
    addresses = {what: sorted(each["Id"] for each in targets) for what, targets in changes.items()}
    sys.stdout.write(f"{json.dumps({'environment': environment, **addresses})}\n")
