"""The custom resource that copies one object.

Properties: SourceBucket, SourceKey, DestinationBucket, DestinationKey. The destination's key names
the content. So a copy that is there already is the right one, also for a rollback, which may no
longer be allowed to read the source; and deleting the resource leaves the copy, because an
environment may be pointed back at it.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

from custom_resource import Context, Event, answer
from custom_resource.permissions import wait_for_permissions


def handle(event: Event, context: Context) -> None:
    """Answer CloudFormation's event."""
    destination = "{DestinationBucket}/{DestinationKey}".format(**event["ResourceProperties"])
    answer(event, context, copy, physical_id=destination)


def copy(event: Event, context: Context) -> None:
    """Make the copy unless it is there; nothing on Delete."""
    if event["RequestType"] == "Delete":
        return
    properties = event["ResourceProperties"]
    s3 = boto3.client("s3")
    # Looking is not repeated: it is refused for good where there is no copy yet.
    wait_for_permissions(s3, context, operation="CopyObject")
    destination = {"Bucket": properties["DestinationBucket"], "Key": properties["DestinationKey"]}
    if _exists(s3, destination):
        return
    source = {"Bucket": properties["SourceBucket"], "Key": properties["SourceKey"]}
    try:
        s3.copy_object(**destination, CopySource=source)
    except ClientError:
        # A copy that was there could not be seen while the permission to look was on its way.
        if not _exists(s3, destination):
            raise


def _exists(s3: Any, place: dict[str, str]) -> bool:
    try:
        s3.head_object(**place)
    except ClientError:
        # 403 where there is none, because listing the bucket is not allowed.
        return False
    return True
