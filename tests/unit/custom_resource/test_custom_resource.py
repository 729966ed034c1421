"""Responses to CloudFormation, also when it is slow to take them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from custom_resource import respond
from tests.loopback import Request, Response, Server, serving
from tests.unit.custom_resource.invocation import NO_TIME_TO_WAIT, Run

MOST_BYTES = 4096


@dataclass
class CloudFormation:
    """Answers the first tries as told, and takes what has no more than it may have."""

    url: str = ""
    faults: list[int] = field(default_factory=list)
    tries: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        self.tries += 1
        if self.faults:
            return Response(self.faults.pop(0))
        if len(request.body) > MOST_BYTES:
            return Response(400)
        self.taken.append(json.loads(request.body))
        return Response(200)


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    cloudformation = CloudFormation()
    with serving(Server(cloudformation.answer)) as server:
        cloudformation.url = server.url
        yield cloudformation


def _fail(cloudformation: CloudFormation, words: str, physical_id: str = "id") -> str:
    def handle(*_: object) -> None:
        raise ValueError(words)

    respond(_event(cloudformation), Run(), handle, physical_id)
    (told,) = cloudformation.taken
    assert told["Status"] == "FAILED"
    assert told["PhysicalResourceId"] == physical_id
    reason: str = told["Reason"]
    return reason


def _event(cloudformation: CloudFormation) -> dict[str, str]:
    return {
        "RequestType": "Update",
        "ResponseURL": cloudformation.url,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Resource",
    }


def _succeed(cloudformation: CloudFormation, run: Run) -> None:
    respond(_event(cloudformation), run, lambda *_: {"Group": "sg-1"}, "id")


@pytest.mark.parametrize(
    "character", ["x", "ß", "漢", "😀", '"', "\\", "\n", "\x00", "\udcff"], ids=ascii
)
@pytest.mark.parametrize("physical_id", ["id", "b/" + "ä" * 500], ids=["short", "long"])
def test_a_long_reason_is_told_in_whole_characters(
    cloudformation: CloudFormation, character: str, physical_id: str
) -> None:
    reason = _fail(cloudformation, character * 2000, physical_id)

    told = reason.removeprefix("ValueError: ")
    assert told == character * len(told)
    # Of what takes the most room, with a name that takes the most as well.
    assert len(told) >= 50


def test_a_reason_that_has_room_is_told_whole(cloudformation: CloudFormation) -> None:
    words = "In the bucket are files: dags/Größe + Maß.sql, dags/漢字.py 😀."

    assert _fail(cloudformation, words) == f"ValueError: {words}"


@pytest.mark.parametrize("faults", [[503], [500, 503]])
def test_work_that_is_done_outlives_a_passing_fault(
    cloudformation: CloudFormation, faults: list[int]
) -> None:
    cloudformation.faults = faults

    _succeed(cloudformation, Run())

    (told,) = cloudformation.taken
    assert told["Status"] == "SUCCESS"
    assert told["Data"] == {"Group": "sg-1"}


def test_a_failure_is_told_again_as_well(cloudformation: CloudFormation) -> None:
    cloudformation.faults = [503]

    assert _fail(cloudformation, "no") == "ValueError: no"


@pytest.mark.parametrize(
    ("faults", "run", "tries"),
    [([503] * 9, Run(), 3), ([403] * 9, Run(), 1), ([503] * 9, NO_TIME_TO_WAIT, 1)],
    ids=["lasting", "for good", "no time left"],
)
def test_an_answer_that_is_not_taken_is_a_failure_of_the_function(
    cloudformation: CloudFormation, faults: list[int], run: Run, tries: int
) -> None:
    cloudformation.faults = faults

    with pytest.raises(HTTPError):
        _succeed(cloudformation, run)

    assert cloudformation.tries == tries


def _denied(*_: object) -> None:
    raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "AssociateWebACL")


def _other(*_: object) -> None:
    raise ClientError({"Error": {"Code": "WAFInternalErrorException"}}, "AssociateWebACL")


def _told(cloudformation: CloudFormation, handle: Any, **event: str) -> tuple[str, str]:
    respond({**_event(cloudformation), **event}, Run(), handle, "id")
    told = cloudformation.taken[-1]
    return told["Status"], told["PhysicalResourceId"]


def test_what_was_denied_at_its_creation_can_be_deleted_without_the_permission(
    cloudformation: CloudFormation,
) -> None:
    status, id_ = _told(cloudformation, _denied, RequestType="Create")
    assert (status, id_ != "id") == ("FAILED", True)

    deleted = {"RequestType": "Delete", "PhysicalResourceId": id_}

    assert _told(cloudformation, _denied, **deleted) == ("SUCCESS", id_)
    assert _told(cloudformation, _other, **deleted) == ("FAILED", id_)


def test_the_deletion_of_what_was_created_needs_its_permission(
    cloudformation: CloudFormation,
) -> None:
    assert _told(cloudformation, lambda *_: None, RequestType="Create") == ("SUCCESS", "id")
    deleted = {"RequestType": "Delete", "PhysicalResourceId": "id"}

    assert _told(cloudformation, _denied, **deleted) == ("FAILED", "id")


def test_a_failed_update_keeps_the_resource(cloudformation: CloudFormation) -> None:
    event = {"RequestType": "Update", "PhysicalResourceId": "id"}

    assert _told(cloudformation, _denied, **event) == ("FAILED", "id")
