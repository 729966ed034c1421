"""The custom resource that keeps a team's DAGs in an environment's DAG folder.

Properties: Bucket; Folder, where MWAA looks for DAGs; Archive, the key of a zip of the wanted files
in the same bucket, which names its content, so that a rollback finds the former one; Manifest, the
key of the list of what was put there; Environment, its name; Generated, the paths of those files
that are no team's. Files of other people are never written over nor deleted. Deleting the resource
takes the generated files away and leaves all others where they are.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from custom_resource import Context, Event, answer, seconds_left
from custom_resource.permissions import wait_for_permissions
from dag_sync.folder import DagFolder
from dag_sync.manifest import FolderError, Manifest, ManifestObject

# A call that hangs must not cost the time in which CloudFormation can still be told.
PATIENCE = Config(connect_timeout=5, read_timeout=20, max_pool_connections=16)


def handle(event: Event, context: Context) -> None:
    """Answer CloudFormation's event."""
    properties = event["ResourceProperties"]
    place = f"{properties['Bucket']}/{properties['Folder']}"
    act = release if event["RequestType"] == "Delete" else sync
    answer(event, context, act, physical_id=place)


def sync(event: Event, context: Context) -> None:
    """Make the folder hold the archive's files, beside those of other people.

    When it fails, the manifest has every file that may have been put there, for the next to know.
    """
    properties, s3 = event["ResourceProperties"], _s3(context)
    bucket = properties["Bucket"]
    content = _unpacked(s3, bucket, properties["Archive"])
    wanted = {path: hashlib.sha256(data).hexdigest() for path, data in content.items()}
    folder = DagFolder(s3, bucket, properties["Folder"] + "/")
    manifest = ManifestObject(s3, bucket, properties["Manifest"])
    held = manifest.hold(
        properties["Environment"], event["RequestId"], lambda: seconds_left(context)
    )
    files = held.files
    try:
        changes = folder.plan(wanted, files)
        files = {**files, **dict.fromkeys(changes.put)}
        manifest.write(replace(held, files=files))
        folder.apply(changes, content)
    except Exception:
        _let_go(manifest, replace(held, files=files))
        raise
    files = {**wanted, **{path: files[path] for path in changes.left}}
    manifest.write(replace(held, files=files, run=None, until=0.0))
    _log(
        place=f"{bucket}/{folder.prefix}",
        put=sorted(changes.put),
        deleted=sorted(changes.delete),
        left_because_changed=sorted(changes.left),
    )


def _let_go(manifest: ManifestObject, held: Manifest) -> None:
    """Let others have the folder after a failure, whose cause is what people are to read."""
    try:
        manifest.write(replace(held, run=None, until=0.0))
    except (BotoCoreError, ClientError, FolderError) as error:
        _log(still_held=_told(error))


def release(event: Event, context: Context) -> None:
    """Leave a team's DAGs, and let another environment have the folder.

    That never stops a stack from going, such as when its bucket went before.
    """
    try:
        _release(event["ResourceProperties"], _s3(context))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no reason to keep a stack
        _log(not_released=_told(error))


def _release(properties: Mapping[str, Any], s3: Any) -> None:
    folder = DagFolder(s3, properties["Bucket"], properties["Folder"] + "/")
    manifest = ManifestObject(s3, properties["Bucket"], properties["Manifest"])
    last = manifest.read()
    if last.environment == properties["Environment"]:
        names = properties.get("Generated", ())
        generated = {p: d for p, d in last.files.items() if p in names}
        folder.apply(folder.plan({}, generated), {})
        files = {p: d for p, d in last.files.items() if p not in generated}
        manifest.write(replace(last, environment=None, files=files))


def _s3(context: Context) -> Any:
    s3 = boto3.client("s3", config=PATIENCE)
    wait_for_permissions(s3, context)
    return s3


def _unpacked(s3: Any, bucket: str, key: str) -> Mapping[str, bytes]:
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {
            entry.filename: archive.read(entry)
            for entry in archive.infolist()
            if not entry.is_dir()
        }


def _log(**what: object) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
