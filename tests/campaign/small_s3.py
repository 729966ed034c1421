"""A bucket on loopback with the conditions of writes that the DAG sync relies on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.loopback import Request, Response

METADATA = "x-amz-meta-"


class Stored(NamedTuple):
    """An object with its metadata."""

    content: bytes
    metadata: dict[str, str]

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(repr(self).encode()).hexdigest()[:32]}"'


@dataclass
class SmallS3:
    """One bucket; `objects` is its content."""

    objects: dict[str, Stored] = field(default_factory=dict)

    def answer(self, request: Request) -> Response:
        """Answers a call of S3's."""
        url = urlsplit(request.path)
        query = parse_qs(url.query)
        if "list-type" in query:
            return Response(200, self._listing(query["prefix"][0]).encode())
        key = unquote(url.path).split("/", 2)[2]
        stored = self.objects.get(key)
        expected, is_new = request.headers.get("If-Match"), request.headers.get("If-None-Match")
        if (expected and (not stored or stored.etag != expected)) or (is_new and stored):
            code = "PreconditionFailed" if stored or request.method == "DELETE" else "NoSuchKey"
            return Response(412, f"<Error><Code>{code}</Code></Error>".encode())
        if request.method == "PUT":
            metadata = {k: v for k, v in request.headers.items() if k.lower().startswith(METADATA)}
            stored = self.objects[key] = Stored(request.body, metadata)
            return Response(200, headers={"ETag": stored.etag})
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return Response(204)
        if not stored:
            return Response(404, b"<Error><Code>NoSuchKey</Code></Error>")
        return Response(200, stored.content, {"ETag": stored.etag, **stored.metadata})

    def _listing(self, prefix: str) -> str:
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><ETag>{escape(stored.etag)}</ETag></Contents>"
            for key, stored in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
