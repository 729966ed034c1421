"""An environment's bucket in the AWS stand-in, reached through a proxy that can refuse."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from types_boto3_sts.type_defs import CredentialsTypeDef

from dag_sync.handler import handle
from tests import loopback
from tests.loopback import Request, Response, aws_settings
from tests.unit.custom_resource.invocation import Run
from tests.unit.local.aws.stand_in import StandIn

BUCKET, ENVIRONMENT, FOLDER = "dags-of-ingest", "ingest", "dags"
MANIFEST = "mwaa-platform/dags.json"
ANSWERS = "/answer"

Json = dict[str, Any]
Files = Mapping[str, str]


@dataclass
class FakeAws:
    """The bucket, what the function asked for, and how CloudFormation was answered.

    `before` is called with each request of the function's; where it gives an answer, that is it.
    """

    s3: Any
    endpoint: str
    credentials: CredentialsTypeDef
    url: str = ""
    before: Callable[[Request], Response | None] = lambda _: None
    requests: list[Request] = field(default_factory=list)
    answers: dict[str, Json] = field(default_factory=dict)
    archive: str | None = None  # of the last deployment that ended well

    @property
    def variables(self) -> dict[str, str]:
        return {
            **aws_settings(self.url),
            "AWS_ACCESS_KEY_ID": self.credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self.credentials["SessionToken"],
        }

    def deploy(
        self,
        files: Files | None = None,
        request_type: str = "Update",
        *,
        run: Run | None = None,
        **properties: str | list[str] | None,
    ) -> Json:
        """Have CloudFormation ask for these files; its answer. A property that is None is not
        there."""
        request = uuid.uuid4().hex
        all_properties = {
            "Environment": ENVIRONMENT,
            "Bucket": BUCKET,
            "Folder": FOLDER,
            "Archive": self._ship(files or {}),
            "Manifest": MANIFEST,
            "Generated": [],
            **properties,
        }
        event = {
            "RequestType": request_type,
            "ResponseURL": f"{self.url}{ANSWERS}/{request}",
            "StackId": "stack",
            "RequestId": request,
            "LogicalResourceId": "Dags",
            "ResourceProperties": {k: v for k, v in all_properties.items() if v is not None},
        }
        if request_type == "Update":
            event["OldResourceProperties"] = {**all_properties, "Archive": self.archive}
        handle(event, run or Run())
        if self.answers[request]["Status"] == "SUCCESS":
            self.archive = str(all_properties["Archive"])
        return self.answers[request]

    def put(self, path: str, content: str = "somebody's") -> None:
        """Have somebody put a file into the DAG folder."""
        self.s3.put_object(Bucket=BUCKET, Key=f"{FOLDER}/{path}", Body=content.encode())

    def dags(self) -> dict[str, str]:
        """What Airflow finds in its DAG folder."""
        return {
            key.removeprefix(f"{FOLDER}/"): self.read(key)
            for key in self.keys()
            if key.startswith(f"{FOLDER}/")
        }

    def keys(self) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def read(self, key: str) -> str:
        body: bytes = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body.decode()

    @property
    def written(self) -> list[str]:
        """The DAG files that the function wrote or deleted, in order."""
        paths = [
            unquote(urlsplit(each.path).path).removeprefix(f"/{BUCKET}/{FOLDER}/")
            for each in self.requests
            if each.method in ("PUT", "DELETE") and f"/{BUCKET}/{FOLDER}/" in each.path
        ]
        self.requests.clear()
        return paths

    def _ship(self, files: Files) -> str:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in sorted(files.items()):
                archive.writestr(zipfile.ZipInfo(name), content)
        key = f"mwaa-platform/dags-{hashlib.sha256(buffer.getvalue()).hexdigest()[:16]}.zip"
        if BUCKET in [each["Name"] for each in self.s3.list_buckets()["Buckets"]]:
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=buffer.getvalue())
        return key

    def answer(self, request: Request) -> Response:
        if request.path.startswith(ANSWERS):
            self.answers[request.path.rpartition("/")[2]] = json.loads(request.body)
            return Response(200)
        self.requests.append(request)
        return self.before(request) or self._forward(request)

    def _forward(self, request: Request) -> Response:
        connection = http.client.HTTPConnection(urlsplit(self.endpoint).netloc)
        connection.request(
            request.method, request.path, body=request.body, headers=dict(request.headers.items())
        )
        answer = connection.getresponse()
        content = answer.read()
        dropped = ("transfer-encoding", "connection", "date", "server")
        headers = {k: v for k, v in answer.getheaders() if k.lower() not in dropped}
        return Response(answer.status, content, headers)


@contextmanager
def serving(stand_in: StandIn, credentials: CredentialsTypeDef) -> Iterator[FakeAws]:
    """Serve an empty bucket that keeps versions, as the environment's own does."""
    s3 = stand_in.session.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    fake_aws = FakeAws(s3=s3, endpoint=stand_in.endpoint, credentials=credentials)
    with loopback.serving(loopback.Server(fake_aws.answer)) as server:
        fake_aws.url = server.url
        try:
            yield fake_aws
        finally:
            _remove(s3)


def _remove(s3: Any) -> None:
    if BUCKET not in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        return
    pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET))
    for page in pages:
        for each in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
            s3.delete_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)
