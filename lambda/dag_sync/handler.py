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
from functools import partial
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from custom_resource import Event, answer
from dag_sync.folder import DagFolder
from dag_sync.manifest import FolderError, ManifestObject

# A call that hangs must not cost the time in which CloudFormation can still be told.
PATIENCE = Config(connect_timeout=5, read_timeout=20, max_pool_connections=16)


class Context(Protocol):
    """What Lambda tells a function of its own run."""

    def get_remaining_time_in_millis(self) -> int: ...


def handle(event: Event, context: Context) -> None:
    """Answer CloudFormation's event."""
    properties = event["ResourceProperties"]
    place = f"{properties['Bucket']}/{properties['Folder']}"
    act = release if event["RequestType"] == "Delete" else partial(sync, context=context)
    answer(event, act, physical_id=place)


def sync(event: Event, context: Context) -> None:
    """Make the folder hold the archive's files, beside those of other people.

    When it fails, the manifest has every file that may have been put there, for the next to know.
    """
    properties, s3 = event["ResourceProperties"], boto3.client("s3", config=PATIENCE)
    bucket = properties["Bucket"]
    content = _unpacked(s3, bucket, properties["Archive"])
    wanted = {path: hashlib.sha256(data).hexdigest() for path, data in content.items()}
    folder = DagFolder(s3, bucket, properties["Folder"] + "/")
    manifest = ManifestObject(s3, bucket, properties["Manifest"])
    held = manifest.hold(
        properties["Environment"],
        event["RequestId"],
        lambda: context.get_remaining_time_in_millis() / 1000,
    )
    files = held.files
    try:
        changes = folder.plan(wanted, files)
        files = {**files, **dict.fromkeys(changes.put)}
        manifest.write(replace(held, files=files))
        folder.apply(changes, content)
        files = {**wanted, **{path: files[path] for path in changes.left}}
    finally:
        manifest.write(replace(held, files=files, run=None, until=0.0))
    _log(
        place=f"{bucket}/{folder.prefix}",
        put=sorted(changes.put),
        deleted=sorted(changes.delete),
        left_because_changed=sorted(changes.left),
    )


def release(event: Event) -> None:
    """Leave a team's DAGs, and let another environment have the folder.

    That never stops a stack from going, such as when its bucket went before.
    """
    properties, s3 = event["ResourceProperties"], boto3.client("s3", config=PATIENCE)
    folder = DagFolder(s3, properties["Bucket"], properties["Folder"] + "/")
    manifest = ManifestObject(s3, properties["Bucket"], properties["Manifest"])
    try:
        last = manifest.read()
        if last.environment == properties["Environment"]:
            generated = {p: d for p, d in last.files.items() if p in properties["Generated"]}
            folder.apply(folder.plan({}, generated), {})
            files = {p: d for p, d in last.files.items() if p not in generated}
            manifest.write(replace(last, environment=None, files=files))
    except (ClientError, FolderError) as error:
        _log(not_released=str(error))


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
