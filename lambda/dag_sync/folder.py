"""DAG folder in S3, which may also hold files that no deployment put there.

A file of a deployment is in the manifest and has metadata with the hash that the manifest names.
Anything else that overwrites the file does so without this metadata.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dag_sync.manifest import FileHashes, FolderError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

HASH_METADATA = "mwaa-platform-sha256"
THREADS = 8
MAX_NAMES_IN_ERROR = 5


@dataclass(frozen=True, kw_only=True)
class SyncPlan:
    """Paths to write and to delete, each with the ETag of the present object.

    `kept` are files that are neither written nor deleted because somebody changed them.
    """

    put: Mapping[str, str | None]
    delete: Mapping[str, str]
    kept: Collection[str]


@dataclass(frozen=True)
class DagFolder:
    """Objects of a bucket below `prefix`, which ends with a slash."""

    s3: S3Client
    bucket: str
    prefix: str

    def plan(
        self,
        target: Mapping[str, str],
        deployed: FileHashes,
        *,
        adopts: bool = False,
        rolls_back: bool = False,
    ) -> SyncPlan:
        """Compares the SHA-256 of each target file with that of the previous deployment.

        Only files of which they differ are looked up. With `adopts`, for a lost manifest, any file
        with a deployment's metadata counts as one of this folder's. Raises FolderError for a file
        of somebody else at the path of a target, which stays as it is where the deployment
        `rolls_back`: a rollback that fails leaves a stack that nobody can update.
        """
        present = self._list()
        changed = [p for p in target if p not in present or deployed.get(p) != target[p]]
        removed = [p for p in deployed if p not in target and p in present]
        looked_up = [p for p in [*changed, *removed] if p in present and (adopts or p in deployed)]
        own = self._own_etags({path: deployed.get(path) for path in looked_up})
        foreign = {path: None for path in changed if path in present and path not in own}
        if foreign and not rolls_back:
            raise self._conflict(foreign)
        return SyncPlan(
            put={path: own.get(path) for path in changed if path not in foreign},
            delete={path: own[path] for path in removed if path in own},
            kept=[*foreign, *(path for path in removed if path not in own)],
        )

    def apply(self, plan: SyncPlan, content: Mapping[str, bytes]) -> None:
        """Writes before it deletes, so that no DAG misses a module that only moved."""
        _in_parallel(lambda path: self._put(path, plan.put[path], content[path]), plan.put)
        _in_parallel(lambda path: self._delete(path, plan.delete[path]), plan.delete)

    def _list(self) -> set[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix
        )
        return {
            each["Key"].removeprefix(self.prefix)
            for page in pages
            for each in page.get("Contents", ())
        }

    def _own_etags(self, deployed: FileHashes) -> Mapping[str, str]:
        """ETags of the files that are unchanged since their deployment."""

        def head(path: str) -> HeadObjectOutputTypeDef:
            return self.s3.head_object(Bucket=self.bucket, Key=self.prefix + path)

        return {
            path: response["ETag"]
            for (path, digest), response in zip(
                deployed.items(), _in_parallel(head, deployed), strict=True
            )
            if (present := response["Metadata"].get(HASH_METADATA)) and digest in (present, None)
        }

    def _put(self, path: str, etag: str | None, content: bytes) -> None:
        self._write(
            self.s3.put_object,
            path,
            **({"IfMatch": etag} if etag else {"IfNoneMatch": "*"}),
            Body=content,
            Metadata={HASH_METADATA: hashlib.sha256(content).hexdigest()},
        )

    def _delete(self, path: str, etag: str) -> None:
        self._write(self.s3.delete_object, path, IfMatch=etag)

    def _write(self, operation: Callable[..., object], path: str, **parameters: object) -> None:
        try:
            operation(Bucket=self.bucket, Key=self.prefix + path, **parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] == "PreconditionFailed":
                raise self._conflict([path]) from error
            raise

    def _conflict(self, paths: Collection[str]) -> FolderError:
        named = sorted(paths)[:MAX_NAMES_IN_ERROR]
        more = f" and {len(paths) - len(named)} more" if len(paths) > len(named) else ""
        there = ", ".join(self.prefix + path for path in named)
        return FolderError(
            f"In the bucket {self.bucket} are files that this deployment did not put there or that "
            f"were changed since: {there}{more}. The folder of Dags has {', '.join(named)}{more} "
            "too. Remove them from the bucket, or rename those in the folder."
        )


def _in_parallel(function: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(function, values))
