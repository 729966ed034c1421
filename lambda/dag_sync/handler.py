"""Handler of the custom resource that synchronises a team's DAGs into a DAG folder.

Properties: Bucket; Folder, the path of the DAG folder; Archive, the S3 key of a zip in the same
bucket, which contains a hash, so that a rollback finds the previous archive; Manifest, the S3 key
of the manifest; Environment, the name of the owner; Generated, paths in the archive that the
platform generated. Files from elsewhere are never overwritten or deleted. Deleting the resource
deletes the generated files and keeps all others.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from custom_resource import Event, LambdaContext, remaining_seconds, respond
from custom_resource.permissions import retry_while_denied
from dag_sync.folder import DagFolder
from dag_sync.manifest import FolderError, Manifest, ManifestObject

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# A call that hangs must leave time for the response to CloudFormation.
CLIENT_CONFIG = Config(connect_timeout=5, read_timeout=20, max_pool_connections=16)


def handle(event: Event, context: LambdaContext) -> None:
    """Handles an event of CloudFormation."""
    properties = event["ResourceProperties"]
    action = release if event["RequestType"] == "Delete" else sync
    respond(event, context, action, physical_id=f"{properties['Bucket']}/{properties['Folder']}")


def sync(event: Event, context: LambdaContext) -> None:
    """Synchronises the archive's files into the folder.

    After a failure the manifest contains every file that may have been written. Where a failed
    update is followed by the archive of before, files of somebody else are left without an error.
    """
    properties, s3 = event["ResourceProperties"], _s3(context)
    bucket = properties["Bucket"]
    content = _unpacked(s3, bucket, properties["Archive"])
    target = {path: hashlib.sha256(data).hexdigest() for path, data in content.items()}
    folder = DagFolder(s3, bucket, properties["Folder"] + "/")
    manifest = ManifestObject(s3, bucket, properties["Manifest"])
    begun = manifest.acquire(
        properties["Environment"],
        event["RequestId"],
        lambda: remaining_seconds(context),
        former=event.get("OldResourceProperties", {}).get("Archive"),
    )
    locked, files = begun.manifest, begun.manifest.files
    rolls_back = begun.was_unfinished and properties["Archive"] == manifest.completed
    adopts = rolls_back or (begun.was_lost and event["RequestType"] == "Update")
    try:
        plan = folder.plan(target, files, adopts=adopts, rolls_back=rolls_back)
        files = {**files, **dict.fromkeys(plan.put)}
        manifest.write(replace(locked, files=files))
        folder.apply(plan, content)
    except Exception:
        _unlock(manifest, replace(locked, files=files))
        raise
    kept = {path: files[path] for path in plan.kept if path in files}
    files = {**{path: digest for path, digest in target.items() if path not in plan.kept}, **kept}
    manifest.completed, manifest.unfinished = properties["Archive"], False
    manifest.write(replace(locked, files=files, run=None, until=0.0))
    _log(
        place=f"{bucket}/{folder.prefix}",
        put=sorted(plan.put),
        deleted=sorted(plan.delete),
        left_because_changed=sorted(plan.kept),
    )


def _unlock(manifest: ManifestObject, locked: Manifest) -> None:
    """Unlocks the folder after a failure; a second failure must not hide the first."""
    try:
        manifest.write(replace(locked, run=None, until=0.0))
    except (BotoCoreError, ClientError, FolderError) as error:
        _log(still_held=_describe(error))


def release(event: Event, context: LambdaContext) -> None:
    """Deletes the generated files and gives up the ownership of the folder.

    A failure, such as of a bucket that no longer exists, must not block the stack's deletion.
    """
    try:
        _release(event["ResourceProperties"], _s3(context))
    except Exception as error:  # noqa: BLE001 - of any kind
        _log(not_released=_describe(error))


def _release(properties: Mapping[str, Any], s3: S3Client) -> None:
    folder = DagFolder(s3, properties["Bucket"], properties["Folder"] + "/")
    manifest = ManifestObject(s3, properties["Bucket"], properties["Manifest"])
    current = manifest.read()
    if current.environment == properties["Environment"]:
        names = properties.get("Generated", ())
        generated = {p: d for p, d in current.files.items() if p in names}
        folder.apply(folder.plan({}, generated), {})
        files = {p: d for p, d in current.files.items() if p not in generated}
        manifest.write(replace(current, environment=None, files=files))


def _s3(context: LambdaContext) -> S3Client:
    s3 = boto3.client("s3", config=CLIENT_CONFIG)
    retry_while_denied(s3, context)
    return s3


def _unpacked(s3: S3Client, bucket: str, key: str) -> Mapping[str, bytes]:
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {
            entry.filename: archive.read(entry)
            for entry in archive.infolist()
            if not entry.is_dir()
        }


def _log(**fields: object) -> None:
    sys.stdout.write(f"{json.dumps(fields)}\n")


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
