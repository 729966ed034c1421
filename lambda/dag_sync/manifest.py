"""Manifest of the files that deployments put into a DAG folder, an object of the same bucket.

The object is also the lock of the folder, with an end time. Writes are conditional on the object's
ETag, so that only one of two concurrent deployments acquires the lock.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

RETRY_DELAY_SECONDS = 1.0
MIN_WORK_SECONDS = 15.0
LONGEST_RUN_SECONDS = 900.0
"""https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
CONFLICT_CODES = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")

COMPLETED, UNFINISHED = "completed-archive", "unfinished"

FileHashes = Mapping[str, str | None]
"""Path in the folder to the SHA-256 of the file; None while a deployment writes it."""


class FolderError(Exception):
    """Folder that cannot be synchronised; the text says why and what to do."""


class OvertakenError(FolderError):
    """Manifest that another deployment wrote or locked in the meantime."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Content of the manifest.

    `environment` is the owner of the folder, None without one. `run` is the id of the deployment
    that has locked the folder until `until`, in seconds since 1970.
    """

    environment: str | None = None
    files: FileHashes = field(default_factory=dict)
    run: str | None = None
    until: float = 0.0

    @property
    def is_lost(self) -> bool:
        """Whether it knows no file: nobody has written any, or what was written is lost."""
        return not self.files

    def is_locked_for(self, run: str | None) -> bool:
        """Whether another deployment than `run` has locked the folder.

        None can for longer than a function runs: a lock without an end is a damaged one.
        """
        return self.run not in (None, run) and 0 < self.until - time.time() <= LONGEST_RUN_SECONDS


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A deployment that has locked the folder.

    `was_lost` says whether the manifest knew no file, `was_unfinished` whether the deployment
    before has not ended well.
    """

    manifest: Manifest
    was_lost: bool
    was_unfinished: bool


@dataclass
class ManifestObject:
    """Manifest in its bucket, with the ETag of the last read or write.

    `completed` is the archive of the last deployment that ended well, `unfinished` whether another
    has begun since. They are metadata of the object: a former version of this function, which a
    rollback brings back, refuses a manifest with more than its own fields.
    """

    s3: S3Client
    bucket: str
    key: str
    etag: str | None = None
    completed: str | None = None
    unfinished: bool = False

    def read(self) -> Manifest:
        """Reads the manifest, an empty one if the object does not exist or is damaged.

        The bucket keeps the damaged one as a former version.
        """
        # GetObject cannot tell a missing object from a denied one without the permission to list.
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=self.key, MaxKeys=1)
        if self.key not in [each["Key"] for each in listed.get("Contents", ())]:
            self.etag, self.completed, self.unfinished = None, None, False
            return Manifest()
        response = self.s3.get_object(Bucket=self.bucket, Key=self.key)
        self.etag = response["ETag"]
        self.completed = response["Metadata"].get(COMPLETED)
        self.unfinished = UNFINISHED in response["Metadata"]
        try:
            return _manifest(json.loads(response["Body"].read()))
        except (ValueError, TypeError, RecursionError):
            return Manifest()

    def write(self, manifest: Manifest) -> None:
        """Writes the manifest; raises OvertakenError where it has changed since the last read."""
        condition: dict[str, Any] = {"IfMatch": self.etag} if self.etag else {"IfNoneMatch": "*"}
        body = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()
        metadata = {COMPLETED: self.completed} if self.completed else {}
        metadata |= {UNFINISHED: "true"} if self.unfinished else {}
        try:
            response = self.s3.put_object(
                Bucket=self.bucket, Key=self.key, Body=body, Metadata=metadata, **condition
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in CONFLICT_CODES:
                raise
            raise self._overtaken() from error
        self.etag = response["ETag"]

    def acquire(
        self,
        environment: str,
        run: str,
        remaining_seconds: Callable[[], float],
        *,
        former: str | None = None,
    ) -> Begun:
        """Locks the folder for one deployment, once it is free.

        `remaining_seconds` is the time until the caller's timeout, `former` the archive that
        CloudFormation knows as deployed. Raises FolderError where another environment owns the
        folder, or where too little time remains.
        """
        while True:
            before, was_unfinished = self.read(), self.unfinished
            if before.environment not in (None, environment):
                raise FolderError(
                    f"The DAG folder of {self.bucket} is kept by the environment "
                    f"{before.environment} (see {self.key} there). "
                    "Give one of the two another DagsS3Path."
                )
            until = time.time() + remaining_seconds()
            locked = replace(before, environment=environment, run=run, until=until)
            self.completed, self.unfinished = self.completed or former, True
            try:
                self._lock(before, locked)
            except OvertakenError:
                if remaining_seconds() < MIN_WORK_SECONDS:
                    raise
                time.sleep(RETRY_DELAY_SECONDS)
            else:
                return Begun(
                    manifest=locked, was_lost=before.is_lost, was_unfinished=was_unfinished
                )

    def _lock(self, before: Manifest, locked: Manifest) -> None:
        if before.is_locked_for(locked.run):
            raise self._overtaken()
        self.write(locked)

    def _overtaken(self) -> OvertakenError:
        return OvertakenError(
            f"Another deployment is changing the DAG folder of {self.bucket}. "
            "Deploy again when it has finished."
        )


def _manifest(content: Any) -> Manifest:
    """The manifest of an object's content; raises TypeError for another content."""
    manifest = Manifest(**content)
    digests = [*manifest.files.values()] if isinstance(manifest.files, dict) else [0]
    texts = (manifest.environment, manifest.run, *digests)
    if not all(isinstance(each, str | None) for each in texts):
        raise TypeError("a value of another type")
    if not isinstance(manifest.until, int | float):
        raise TypeError("an end that is no number")
    return manifest
