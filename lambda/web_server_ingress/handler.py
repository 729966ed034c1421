"""Handler that lets the load balancer into an environment's private web server.

CloudFormation calls it as a custom resource, and a schedule because people may recreate the
environment, with another security group. Properties, which are the schedule's event as well:
EnvironmentName; Source, the id of the load balancer's security group or of a prefix list; Owner,
the id of the stack, which is the resource's id too; and Tags that a new rule gets, if any.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from custom_resource import Event, LambdaContext, respond
from custom_resource.permissions import retry_while_denied
from web_server_endpoint.addresses import entrance, find_endpoint, find_web_server
from web_server_ingress.rules import Changes, Ingress, admit, withdraw

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_mwaa import MWAAClient

# A call that hangs must leave time for the response to CloudFormation.
CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=5)


def handle(event: Event, context: LambdaContext) -> None:
    """Handles an event of CloudFormation or of the schedule."""
    if "ResponseURL" in event:
        respond(event, context, _deploy, physical_id=event["ResourceProperties"]["Owner"])
    else:
        update(event, *_clients())


def _deploy(event: Event, context: LambdaContext) -> None:
    properties = event["ResourceProperties"]
    clients = mwaa, ec2 = _clients()
    for each in clients:
        retry_while_denied(each, context)
    if event["RequestType"] == "Delete":
        # The environment may not exist; its former security group may.
        _log(properties, withdraw(ec2, properties["Owner"]))
    else:
        update(properties, mwaa, ec2)


def _clients() -> tuple[MWAAClient, EC2Client]:
    return boto3.client("mwaa", config=CLIENT_CONFIG), boto3.client("ec2", config=CLIENT_CONFIG)


def update(properties: Mapping[str, Any], mwaa: MWAAClient, ec2: EC2Client) -> None:
    """Lets the load balancer in where the web server is now, and nowhere else.

    Raises EndpointError without any address, before it changes anything, and botocore's errors.
    """
    web_server = find_web_server(mwaa, properties["EnvironmentName"])
    group = entrance(web_server, find_endpoint(ec2, web_server)).group_id
    ingress = Ingress(
        source=properties["Source"], owner=properties["Owner"], tags=properties.get("Tags", {})
    )
    _log(properties, admit(ec2, ingress, group))


def _log(properties: Mapping[str, Any], changes: Changes) -> None:
    if changes.added or changes.removed:
        line = {
            "environment": properties["EnvironmentName"],
            "allowed_by": list(changes.added),
            "no_longer_by": list(changes.removed),
        }
        sys.stdout.write(f"{json.dumps(line)}\n")
