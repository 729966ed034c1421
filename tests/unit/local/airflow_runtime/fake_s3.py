"""A small S3 on loopback, as far as the local Airflow reads it."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import boto3
from botocore.config import Config

from tests.loopback import Request, Response, Server

NAME = "bucket"


class Bucket(Server):
    """One bucket; `objects` is its content. It lists two objects a page."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.objects: dict[str, bytes] = {}
        self.downloads: list[str] = []
        self.down = False

    def client(self) -> Any:
        """An S3 client for it."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}, proxies={}),
        )

    def _answer(self, request: Request) -> Response:
        query = parse_qs(urlsplit(request.path).query)
        if self.down and request.method == "GET":
            return Response(503)
        if "list-type" in query:
            start = query.get("continuation-token", [""])[0]
            return Response(200, self._listing(query["prefix"][0], start).encode())
        key = unquote(urlsplit(request.path).path.removeprefix(f"/{NAME}/"))
        if key not in self.objects:
            return Response(404, b"<Error><Code>NoSuchKey</Code></Error>")
        if request.method == "GET":
            self.downloads.append(key)
        return Response(200, self.objects[key], {"ETag": self._etag(key)})

    def _listing(self, prefix: str, after: str) -> str:
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        more = len(keys) > 2
        rest = f"<NextContinuationToken>{escape(keys[1])}</NextContinuationToken>" if more else ""
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><ETag>{self._etag(key)}</ETag></Contents>"
            for key in keys[:2]
        )
        return (
            f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>"
            f"{rest}{contents}</ListBucketResult>"
        )

    def _etag(self, key: str) -> str:
        return f'"{hashlib.sha256(self.objects[key]).hexdigest()[:32]}"'
