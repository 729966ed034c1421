"""Handler of the custom resource that protects a load balancer from deletion.

Property: LoadBalancerArn. It is created after all else in its stack, so that a failed creation
leaves nothing that cannot be deleted, and deleted before the load balancer, whose protection it
lifts: termination protection of the stack says whether that may happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from custom_resource import Event, LambdaContext, respond
from custom_resource.permissions import retry_while_denied

if TYPE_CHECKING:
    from types_boto3_elbv2 import ElasticLoadBalancingv2Client

ATTRIBUTE = "deletion_protection.enabled"
# A call that hangs must leave time for the response to CloudFormation.
CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=10)


def handle(event: Event, context: LambdaContext) -> None:
    """Handles an event of CloudFormation; another load balancer is another resource."""
    respond(event, context, _apply, physical_id=event["ResourceProperties"]["LoadBalancerArn"])


def _apply(event: Event, context: LambdaContext) -> None:
    client = boto3.client("elbv2", config=CLIENT_CONFIG)
    retry_while_denied(client, context)
    protect(event, client)


def protect(event: Event, client: ElasticLoadBalancingv2Client) -> None:
    """Switches the protection on, or off on Delete; a load balancer that is gone needs none."""
    deleted = event["RequestType"] == "Delete"
    try:
        client.modify_load_balancer_attributes(
            LoadBalancerArn=event["ResourceProperties"]["LoadBalancerArn"],
            Attributes=[{"Key": ATTRIBUTE, "Value": "false" if deleted else "true"}],
        )
    except client.exceptions.LoadBalancerNotFoundException:
        if not deleted:
            raise
