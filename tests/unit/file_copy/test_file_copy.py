"""Copies of files into an environment's bucket: made once, never removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from file_copy.handler import handle
from tests.loopback import Request, Response, Server, aws_settings, serving
from tests.unit.custom_resource.invocation import A_SECOND_TO_WAIT, NO_TIME_TO_WAIT, Run

SOURCE, COPY = "/assets/0123.zip", "/dags/mwaa-platform/plugins-0123.zip"
DENIED = Response(403, b"<Error><Code>AccessDenied</Code></Error>")
DENIED_ONCE_BEGUN = Response(200, DENIED.content)


@dataclass
class Storage:
    """Buckets with versions that refuse to say whether an object exists, as without ListBucket.

    `not_yet` says how often a method is still to be refused, as long as a permission is on its way.
    """

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=lambda: {SOURCE: b"content"})
    has_versions: bool = True
    copies: int = 0
    tries: int = 0
    not_yet: dict[str, int] = field(default_factory=dict)
    refusal: Response = DENIED
    answers: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        if request.path == "/answer":
            self.answers.append(json.loads(request.body))
            return Response(200)
        if self.not_yet.get(request.method):
            self.not_yet[request.method] -= 1
            return self.refusal
        if request.method == "HEAD":
            return Response(200, headers=self._version) if request.path in self.objects else DENIED
        self.tries += 1
        source = "/" + request.headers["x-amz-copy-source"].lstrip("/")
        if source not in self.objects:
            return DENIED
        self.objects[request.path] = self.objects[source]
        self.copies += 1
        content = b"<CopyObjectResult><ETag>e</ETag></CopyObjectResult>"
        return Response(200, content, headers=self._version)

    @property
    def _version(self) -> dict[str, str]:
        """The header of the newest version, which each copy makes."""
        return {"x-amz-version-id": f"version {self.copies}"} if self.has_versions else {}


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    storage = Storage()

    with serving(Server(storage.answer)) as server:
        storage.url = server.url
        for name, value in aws_settings(server.url).items():
            monkeypatch.setenv(name, value)
        yield storage


def _deploy(
    storage: Storage,
    request_type: str = "Create",
    run: Run = NO_TIME_TO_WAIT,
    *,
    source: str | None = "0123.zip",
) -> dict[str, Any]:
    event = {
        "RequestType": request_type,
        "ResponseURL": f"{storage.url}/answer",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Plugins",
        "ResourceProperties": {
            **({"SourceBucket": "assets", "SourceKey": source} if source else {}),
            "DestinationBucket": "dags",
            "DestinationKey": "mwaa-platform/plugins-0123.zip",
        },
    }
    handle(event, run)
    return storage.answers[-1]


def test_the_file_is_copied(storage: Storage) -> None:
    answer = _deploy(storage)

    assert storage.objects[COPY] == b"content"
    assert answer == {
        "Status": "SUCCESS",
        "Data": {"VersionId": "version 1"},
        "PhysicalResourceId": "dags/mwaa-platform/plugins-0123.zip",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Plugins",
    }


def test_what_is_there_already_is_not_written_again(storage: Storage) -> None:
    _deploy(storage)
    answer = _deploy(storage, "Update")

    assert storage.copies == 1
    assert answer["Data"] == {"VersionId": "version 1"}


def test_a_rollback_needs_no_right_to_the_former_source(storage: Storage) -> None:
    _deploy(storage)
    del storage.objects[SOURCE]

    assert _deploy(storage, "Update")["Status"] == "SUCCESS"


def test_a_file_that_is_there_is_looked_up(storage: Storage) -> None:
    storage.objects[COPY] = b"a team's own"
    storage.not_yet = {"HEAD": 2}

    answer = _deploy(storage, run=Run(), source=None)

    assert answer["Data"] == {"VersionId": "version 0"}
    assert storage.objects[COPY] == b"a team's own"


def test_a_file_that_is_not_there_is_named(storage: Storage) -> None:
    answer = _deploy(storage, run=A_SECOND_TO_WAIT, source=None)

    assert answer["Status"] == "FAILED"
    assert "There is no mwaa-platform/plugins-0123.zip in dags" in answer["Reason"]


def test_a_bucket_without_versions_is_refused(storage: Storage) -> None:
    storage.has_versions = False

    answer = _deploy(storage)

    assert answer["Status"] == "FAILED"
    assert "Switch versioning on for dags" in answer["Reason"]


def test_removing_the_resource_leaves_the_copy(storage: Storage) -> None:
    _deploy(storage)

    answer = _deploy(storage, "Delete")

    assert answer["Status"] == "SUCCESS"
    assert COPY in storage.objects


def test_removing_the_resource_never_copies(storage: Storage) -> None:
    answer = _deploy(storage, "Delete")

    assert answer["Status"] == "SUCCESS"
    assert storage.copies == 0


def test_a_failure_reaches_cloudformation(storage: Storage) -> None:
    del storage.objects[SOURCE]

    answer = _deploy(storage)

    assert answer["Status"] == "FAILED"
    assert "AccessDenied" in answer["Reason"]


@pytest.mark.parametrize("refusal", [DENIED, DENIED_ONCE_BEGUN], ids=["at once", "once begun"])
def test_a_permission_that_comes_late_is_waited_for(storage: Storage, refusal: Response) -> None:
    """S3 answers a copy that takes long before it knows how it ends."""
    storage.not_yet, storage.refusal = {"PUT": 2}, refusal

    answer = _deploy(storage, run=Run())

    assert answer["Status"] == "SUCCESS"
    assert storage.objects[COPY] == b"content"


def test_the_permission_to_look_may_come_last_in_a_rollback(storage: Storage) -> None:
    """Which may not read the source, and needs not to."""
    _deploy(storage)
    del storage.objects[SOURCE]
    storage.not_yet = {"HEAD": 1}

    assert _deploy(storage, "Update", A_SECOND_TO_WAIT)["Status"] == "SUCCESS"


def test_who_is_never_allowed_is_told_in_time(storage: Storage) -> None:
    del storage.objects[SOURCE]

    answer = _deploy(storage, run=A_SECOND_TO_WAIT)

    assert answer["Status"] == "FAILED"
    assert "AccessDenied" in answer["Reason"]
    assert storage.tries == 2
