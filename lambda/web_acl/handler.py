"""Handler that associates a web ACL with a load balancer, without a moment between two.

CloudFormation calls it as a custom resource, whose id is the load balancer's ARN, so that another
web ACL is an update and not a replacement: a load balancer has one web ACL at most, and another one
takes its place in one call. Properties: LoadBalancerArn, WebAclArn.

https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html
https://docs.aws.amazon.com/waf/latest/APIReference/API_DisassociateWebACL.html
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from custom_resource import Event, LambdaContext, remaining_seconds, respond
from custom_resource.permissions import retry_while_denied

if TYPE_CHECKING:
    from types_boto3_wafv2 import WAFV2Client

NOT_YET = "WAFUnavailableEntityException"
"""Of a load balancer, or a web ACL, that has just been made."""
PAUSE_SECONDS = 5.0
WORK_SECONDS = 15.0
"""Time before the function's timeout that is left for its work."""
# A call that hangs must leave time for the response to CloudFormation.
CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=10)


def handle(event: Event, context: LambdaContext) -> None:
    """Handles an event of CloudFormation."""
    respond(event, context, _deploy, physical_id=event["ResourceProperties"]["LoadBalancerArn"])


def _deploy(event: Event, context: LambdaContext) -> None:
    properties = event["ResourceProperties"]
    load_balancer, web_acl = properties["LoadBalancerArn"], properties["WebAclArn"]
    wafv2: WAFV2Client = boto3.client("wafv2", config=CLIENT_CONFIG)
    retry_while_denied(wafv2, context)
    if event["RequestType"] == "Delete":
        _disassociate(wafv2, load_balancer, web_acl)
    else:
        _associate(wafv2, load_balancer, web_acl, context)


def _associate(
    wafv2: WAFV2Client, load_balancer: str, web_acl: str, context: LambdaContext
) -> None:
    while True:
        try:
            wafv2.associate_web_acl(WebACLArn=web_acl, ResourceArn=load_balancer)
        except ClientError as error:
            is_final = error.response["Error"]["Code"] != NOT_YET
            if is_final or remaining_seconds(context) < PAUSE_SECONDS + WORK_SECONDS:
                raise
        else:
            return
        time.sleep(PAUSE_SECONDS)


def _disassociate(wafv2: WAFV2Client, load_balancer: str, web_acl: str) -> None:
    """Takes this web ACL off, and no other one that somebody has put in its place.

    A load balancer that is gone has none.
    """
    try:
        current = wafv2.get_web_acl_for_resource(ResourceArn=load_balancer).get("WebACL")
        if current and current["ARN"] == web_acl:
            wafv2.disassociate_web_acl(ResourceArn=load_balancer)
    except wafv2.exceptions.WAFNonexistentItemException:
        return
