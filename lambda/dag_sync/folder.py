"""A DAG folder in S3, where other people's files may lie beside those of deployments.

A file of a deployment is one that the manifest names and that is marked with what the manifest says
of it: whoever writes another over it, by hand or by a program, does so without that mark.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from dag_sync.manifest import Files, FolderError

MARK = "mwaa-platform-sha256"
AT_ONCE = 8
NAMED_IN_AN_ERROR = 5


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What makes the folder as wanted: paths, each with the ETag of what is there now."""

    put: Mapping[str, str | None]
    delete: Mapping[str, str]
    left: Collection[str]
    """What a deployment put there and no longer has, but somebody changed since."""


@dataclass(frozen=True)
class DagFolder:
    """The objects of a bucket below `prefix`, which ends in a slash."""

    s3: Any
    bucket: str
    prefix: str

    def plan(self, wanted: Mapping[str, str], known: Files) -> Changes:
        """Compare the SHA-256 of the wanted files with what was put there before.

        What did not change since is not looked at. Raises FolderError where a file of somebody
        else is in the way.
        """
        present = self._listed()
        changed = [p for p in wanted if p not in present or known.get(p) != wanted[p]]
        gone = [p for p in known if p not in wanted and p in present]
        ours = self._ours({p: known[p] for p in [*changed, *gone] if p in present and p in known})
        if foreign := [p for p in changed if p in present and p not in ours]:
            raise self._clash(foreign)
        return Changes(
            put={path: ours.get(path) for path in changed},
            delete={path: ours[path] for path in gone if path in ours},
            left=[path for path in gone if path not in ours],
        )

    def apply(self, changes: Changes, content: Mapping[str, bytes]) -> None:
        """Put first, then delete, so that no DAG misses a module that only moved."""
        _at_once(lambda path: self._put(path, changes.put[path], content[path]), changes.put)
        _at_once(lambda path: self._delete(path, changes.delete[path]), changes.delete)

    def _listed(self) -> set[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix
        )
        return {
            each["Key"].removeprefix(self.prefix)
            for page in pages
            for each in page.get("Contents", ())
        }

    def _ours(self, known: Files) -> Mapping[str, str]:
        """The ETags of those that are as deployments put them."""

        def look(path: str) -> Any:
            return self.s3.head_object(Bucket=self.bucket, Key=self.prefix + path)

        found = zip(known.items(), _at_once(look, known), strict=True)
        return {
            path: head["ETag"]
            for (path, digest), head in found
            if (mark := head["Metadata"].get(MARK)) and digest in (mark, None)
        }

    def _put(self, path: str, etag: str | None, content: bytes) -> None:
        self._unless_it_changed(
            self.s3.put_object,
            path,
            **({"IfMatch": etag} if etag else {"IfNoneMatch": "*"}),
            Body=content,
            Metadata={MARK: hashlib.sha256(content).hexdigest()},
        )

    def _delete(self, path: str, etag: str) -> None:
        self._unless_it_changed(self.s3.delete_object, path, IfMatch=etag)

    def _unless_it_changed(self, change: Callable[..., object], path: str, **how: object) -> None:
        try:
            change(Bucket=self.bucket, Key=self.prefix + path, **how)
        except ClientError as error:
            if error.response["Error"]["Code"] == "PreconditionFailed":
                raise self._clash([path]) from error
            raise

    def _clash(self, paths: Collection[str]) -> FolderError:
        named = sorted(paths)[:NAMED_IN_AN_ERROR]
        more = f" and {len(paths) - len(named)} more" if len(paths) > len(named) else ""
        there = ", ".join(self.prefix + path for path in named)
        return FolderError(
            f"In the bucket {self.bucket} are files that this deployment did not put there or that "
            f"were changed since: {there}{more}. The folder of Dags has {', '.join(named)}{more} "
            "too. Remove them from the bucket, or rename those in the folder."
        )


def _at_once(do: Callable[[Any], Any], each: Iterable[Any]) -> list[Any]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(do, each))
