"""`python -m local.airflow_runtime.sync FILE`: synchronises folders with S3 locations.

The file is a JSON object: the location of each folder. It is read again in every round, because an
update can give an environment another bucket or DAG folder. MWAA synchronises DAGs about every 30
seconds. The account is that of AWS's environment variables.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

INTERVAL_SECONDS = 5.0

log = logging.getLogger("sync")


@dataclass
class Mirror:
    """A copy of `url` ("s3://bucket/path/") in a folder; downloads only changed files."""

    s3: S3Client
    url: str
    folder: Path
    etags: dict[Path, str] = field(default_factory=dict)

    def update(self) -> None:
        """Updates the folder. When botocore raises an error, files stay as they are."""
        listed = self._list()
        for path, (key, etag) in listed.items():
            if self.etags.get(path) != etag or not path.exists():
                self._download(key, path)
                self.etags[path] = etag
        for path in [each for each in self.folder.rglob("*") if each.is_file()]:
            if path not in listed and "__pycache__" not in path.parts:
                path.unlink()
        self.etags = {path: etag for path, (_, etag) in listed.items()}

    def _list(self) -> dict[Path, tuple[str, str]]:
        location = urlsplit(self.url)
        prefix = location.path.lstrip("/")
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=location.netloc, Prefix=prefix
        )
        return {
            self.folder / relative: (entry["Key"], entry["ETag"])
            for page in pages
            for entry in page.get("Contents", ())
            if _is_file(relative := entry["Key"].removeprefix(prefix))
        }

    def _download(self, key: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Airflow must never read an incomplete file, nor take it for a DAG.
        partial = path.with_name(f".{path.name}.partial")
        self.s3.download_file(urlsplit(self.url).netloc, key, str(partial))
        partial.replace(path)
        log.info("%s is up to date", path)


def _is_file(relative: str) -> bool:
    """Whether a key is that of a file inside the folder."""
    parts = PurePosixPath(relative).parts
    return bool(parts) and not relative.endswith("/") and not {"..", "/"} & set(parts)


def main(locations: Path) -> None:
    """Synchronises the folders of the file until the process is terminated."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    mirrors: dict[tuple[str, str], Mirror] = {}
    while True:
        for folder, url in json.loads(locations.read_text()).items():
            mirror = mirrors.setdefault((folder, url), Mirror(s3, url, Path(folder)))
            try:
                mirror.update()
            except (BotoCoreError, ClientError) as error:
                log.warning("%s could not be read: %s", mirror.url, error)
        time.sleep(INTERVAL_SECONDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
