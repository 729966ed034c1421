"""Handler of the custom resource that copies one object.

Properties: SourceBucket, SourceKey, DestinationBucket, DestinationKey. The destination's key
contains a hash of the content. So an existing copy is valid, also for a rollback, which may not be
allowed to read the source. Deleting the resource keeps the copy: an environment may refer to it
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from custom_resource import Event, LambdaContext, respond
from custom_resource.permissions import retry_while_denied

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def handle(event: Event, context: LambdaContext) -> None:
    """Handles an event of CloudFormation."""
    destination = "{DestinationBucket}/{DestinationKey}".format(**event["ResourceProperties"])
    respond(event, context, copy, physical_id=destination)


def copy(event: Event, context: LambdaContext) -> None:
    """Creates the copy unless it exists; does nothing on Delete."""
    if event["RequestType"] == "Delete":
        return
    properties = event["ResourceProperties"]
    s3 = boto3.client("s3")
    # HeadObject is not retried: it is denied permanently where there is no copy.
    retry_while_denied(s3, context, operation="CopyObject")
    destination = {"Bucket": properties["DestinationBucket"], "Key": properties["DestinationKey"]}
    if _exists(s3, destination):
        return
    try:
        s3.copy_object(
            **destination,
            CopySource={"Bucket": properties["SourceBucket"], "Key": properties["SourceKey"]},
        )
    except ClientError:
        # HeadObject may have been denied because its permission was not yet effective.
        if not _exists(s3, destination):
            raise


def _exists(s3: S3Client, location: dict[str, Any]) -> bool:
    try:
        s3.head_object(**location)
    except ClientError:
        # 403 for a missing object, because listing the bucket is not allowed.
        return False
    return True
