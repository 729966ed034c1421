"""Handler of the custom resource that copies one object.

Properties: SourceBucket, SourceKey, DestinationBucket, DestinationKey. The destination's key
contains a hash of the content. So an existing copy is valid, also for a rollback, which may not be
allowed to read the source. Deleting the resource keeps the copy: an environment may refer to it
again. Without a source the destination is somebody else's file, which must be there.

Attribute: VersionId, the object version of the destination, which MWAA takes beside the path.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def copy(event: Event, context: LambdaContext) -> dict[str, str]:
    """Creates the copy unless it exists; does nothing on Delete."""
    if event["RequestType"] == "Delete":
        return {}
    properties = event["ResourceProperties"]
    s3 = boto3.client("s3")
    destination = {"Bucket": properties["DestinationBucket"], "Key": properties["DestinationKey"]}
    found: Mapping[str, Any] | None
    if "SourceKey" in properties:
        source = {"Bucket": properties["SourceBucket"], "Key": properties["SourceKey"]}
        # HeadObject is not retried: it is denied permanently where there is no copy.
        retry_while_denied(s3, context, operation="CopyObject")
        found = _head(s3, destination) or _copy(s3, source, destination)
    else:
        retry_while_denied(s3, context)
        found = _head(s3, destination)
    if not found:
        raise FileNotFoundError("There is no {Key} in {Bucket} to read.".format(**destination))
    if "VersionId" not in found:
        raise ValueError(f"Switch versioning on for {destination['Bucket']}, as MWAA requires.")
    return {"VersionId": found["VersionId"]}


def _copy(s3: S3Client, source: Any, destination: dict[str, Any]) -> Mapping[str, Any]:
    """The response for the new copy, or for one that is there after all."""
    try:
        return s3.copy_object(**destination, CopySource=source)
    except ClientError:
        # HeadObject may have been denied because its permission was not yet effective.
        if found := _head(s3, destination):
            return found
        raise


def _head(s3: S3Client, location: dict[str, Any]) -> Mapping[str, Any] | None:
    try:
        return s3.head_object(**location)
    except ClientError:
        # 403 for a missing object, because listing the bucket is not allowed.
        return None
