"""What deployments put into a DAG folder, as an object of the same bucket.

The object is the lock as well: whoever changes the folder writes first that it does, and until
when it can. A write succeeds only where the object is still as it was last seen, so that of two
that begin at once one begins.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

ASKED_EVERY_SECONDS = 1.0
LEFT_FOR_THE_WORK_SECONDS = 15.0
NOT_AS_SEEN = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")

Files = Mapping[str, str | None]
"""Path in the folder to the SHA-256 of what was put there; None while that is not certain."""


class FolderError(Exception):
    """The folder cannot be had; the text says why and what to do."""


class OvertakenError(FolderError):
    """Somebody else wrote the manifest meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The files of a folder that deployments put there.

    `environment` is the one whose deployments keep the folder, None where no stack does any more.
    `run` is the deployment that changes it now, which ends before `until` (epoch seconds).
    """

    environment: str | None = None
    files: Files = field(default_factory=dict)
    run: str | None = None
    until: float = 0.0

    def is_held_against(self, run: str | None) -> bool:
        """Whether another deployment may still be at work."""
        return self.run not in (None, run) and self.until > time.time()


@dataclass
class ManifestObject:
    """The manifest in its bucket, as last seen."""

    s3: Any
    bucket: str
    key: str
    etag: str | None = None

    def read(self) -> Manifest:
        """The manifest, an empty one where there is none."""
        # A missing object would be answered like a forbidden one, as only names may be listed.
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=self.key, MaxKeys=1)
        if self.key not in [each["Key"] for each in listed.get("Contents", ())]:
            self.etag = None
            return Manifest()
        answer = self.s3.get_object(Bucket=self.bucket, Key=self.key)
        self.etag = answer["ETag"]
        try:
            return Manifest(**json.loads(answer["Body"].read()))
        except (ValueError, TypeError) as error:
            raise FolderError(
                f"{self.key} in the bucket {self.bucket} is not as deployments write it: {error}. "
                "Bring back its last good version."
            ) from error

    def write(self, manifest: Manifest) -> None:
        """Write it. Raises OvertakenError where somebody else did since it was last seen."""
        condition = {"IfMatch": self.etag} if self.etag else {"IfNoneMatch": "*"}
        body = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()
        try:
            answer = self.s3.put_object(Bucket=self.bucket, Key=self.key, Body=body, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] not in NOT_AS_SEEN:
                raise
            raise self._overtaken() from error
        self.etag = answer["ETag"]

    def hold(self, environment: str, run: str, seconds_left: Callable[[], float]) -> Manifest:
        """Keep the folder for one deployment, once no other is at work; what was there before.

        `seconds_left` says how long the caller still runs. Raises FolderError where the folder is
        another environment's, or where the wait would take too long.
        """
        while True:
            before = self.read()
            if before.environment not in (None, environment):
                raise FolderError(
                    f"The DAG folder of {self.bucket} is kept by the environment "
                    f"{before.environment} (see {self.key} there). "
                    "Give one of the two another DagsS3Path."
                )
            until = time.time() + seconds_left()
            held = replace(before, environment=environment, run=run, until=until)
            try:
                self._take(before, held)
            except OvertakenError:
                if seconds_left() < LEFT_FOR_THE_WORK_SECONDS:
                    raise
                time.sleep(ASKED_EVERY_SECONDS)
            else:
                return held

    def _take(self, before: Manifest, held: Manifest) -> None:
        if before.is_held_against(held.run):
            raise self._overtaken()
        self.write(held)

    def _overtaken(self) -> OvertakenError:
        return OvertakenError(
            f"Another deployment is changing the DAG folder of {self.bucket}. "
            "Deploy again when it has finished."
        )
