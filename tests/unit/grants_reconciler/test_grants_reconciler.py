"""Content of the grants table after a deployment, an update, a rollback and a removal."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from grants_reconciler.handler import handle
from tests.loopback import aws_settings
from tests.unit.custom_resource.invocation import NO_TIME_TO_WAIT, Run
from tests.unit.grants_reconciler.fake_aws import FakeAws, serving

PERSON, TEAM = "user:admin@example.com", "group:data-engineers"
SUBJECT = "subject:auth0|64f0C0ffee"
ADMIN = {"*": {"Roles": ["Admin"]}}
OP = {"ingest": {"Roles": ["Op", "Viewer"], "Expires": "4073562000"}}
MANUAL = {"ingest": {"M": {"roles": {"SS": ["User"]}}}}


@pytest.fixture
def fake_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    with serving() as fake_aws:
        for name, value in aws_settings(fake_aws.url).items():
            monkeypatch.setenv(name, value)
        yield fake_aws


def _deploy(
    fake_aws: FakeAws,
    grants: dict[str, Any],
    request_type: str = "Update",
    run: Run = NO_TIME_TO_WAIT,
) -> dict[str, Any]:
    event = {
        "RequestType": request_type,
        "ResponseURL": f"{fake_aws.url}/answer",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Grants",
        "ResourceProperties": {
            "ServiceToken": "arn",
            "TableName": "table",
            "Grants": [
                {"Principal": principal, "Environments": environments}
                for principal, environments in grants.items()
            ],
        },
    }
    handle(event, run)
    return fake_aws.answers[-1]


def test_declared_grants_are_written(fake_aws: FakeAws) -> None:
    answer = _deploy(fake_aws, {PERSON: ADMIN, TEAM: OP}, "Create")

    assert answer["Status"] == "SUCCESS"
    terms = fake_aws.items[TEAM, "configuration"]["grants"]["M"]["ingest"]["M"]
    assert sorted(terms["roles"]["SS"]) == ["Op", "Viewer"]
    assert terms["expires"] == {"N": "4073562000"}
    assert fake_aws.items[PERSON, "configuration"]["grants"] == {
        "M": {"*": {"M": {"roles": {"SS": ["Admin"]}}}}
    }


def test_a_subject_is_a_principal_in_its_own_case(fake_aws: FakeAws) -> None:
    _deploy(fake_aws, {SUBJECT: ADMIN, SUBJECT.lower(): OP}, "Create")

    _deploy(fake_aws, {SUBJECT: ADMIN})

    assert set(fake_aws.items) == {(SUBJECT, "configuration")}


def test_what_the_configuration_no_longer_names_goes(fake_aws: FakeAws) -> None:
    _deploy(fake_aws, {PERSON: ADMIN, TEAM: OP}, "Create")

    _deploy(fake_aws, {PERSON: ADMIN})

    assert set(fake_aws.items) == {(PERSON, "configuration")}


def test_manual_grants_are_never_touched(fake_aws: FakeAws) -> None:
    fake_aws.put(PERSON, "manual", MANUAL)
    fake_aws.put(TEAM, "manual", MANUAL)
    before = copy.deepcopy(fake_aws.items)

    _deploy(fake_aws, {PERSON: ADMIN}, "Create")
    _deploy(fake_aws, {})
    _deploy(fake_aws, {}, "Delete")

    assert fake_aws.items == before


def test_the_same_again_writes_nothing(fake_aws: FakeAws) -> None:
    _deploy(fake_aws, {PERSON: ADMIN, TEAM: OP}, "Create")
    fake_aws.writes.clear()

    _deploy(fake_aws, {TEAM: OP, PERSON: ADMIN})

    assert fake_aws.writes == []


def test_a_changed_grant_replaces_the_former_whole(fake_aws: FakeAws) -> None:
    _deploy(fake_aws, {TEAM: OP}, "Create")

    _deploy(fake_aws, {TEAM: {"curation": {"Roles": ["Viewer"]}}})

    assert fake_aws.items[TEAM, "configuration"]["grants"] == {
        "M": {"curation": {"M": {"roles": {"SS": ["Viewer"]}}}}
    }


def test_a_rollback_restores_what_was(fake_aws: FakeAws) -> None:
    _deploy(fake_aws, {PERSON: ADMIN, TEAM: OP}, "Create")
    before = dict(fake_aws.items)

    _deploy(fake_aws, {TEAM: ADMIN})
    _deploy(fake_aws, {PERSON: ADMIN, TEAM: OP})

    assert fake_aws.items == before


def test_an_update_is_never_taken_for_a_replacement(fake_aws: FakeAws) -> None:
    """CloudFormation deletes the former resource where the id changes, and the grants with it."""
    ids = {
        _deploy(fake_aws, grants, request_type)["PhysicalResourceId"]
        for grants, request_type in (({}, "Create"), ({PERSON: ADMIN}, "Update"), ({}, "Delete"))
    }

    assert len(ids) == 1


def test_removing_the_resource_removes_declared_grants(fake_aws: FakeAws) -> None:
    _deploy(fake_aws, {PERSON: ADMIN}, "Create")

    answer = _deploy(fake_aws, {PERSON: ADMIN}, "Delete")

    assert answer["Status"] == "SUCCESS"
    assert fake_aws.items == {}


def test_many_grants_take_several_pages_and_batches(fake_aws: FakeAws) -> None:
    many = {f"user:{index}@example.com": ADMIN for index in range(60)}

    _deploy(fake_aws, many, "Create")
    _deploy(fake_aws, {PERSON: ADMIN})

    assert set(fake_aws.items) == {(PERSON, "configuration")}


def test_a_failure_is_answered_and_nothing_is_printed(
    fake_aws: FakeAws, capfd: pytest.CaptureFixture[str]
) -> None:
    fake_aws.failing = True

    answer = _deploy(fake_aws, {PERSON: ADMIN}, "Create")

    assert answer["Status"] == "FAILED"
    assert "AccessDenied" in answer["Reason"]
    assert "admin@example.com" not in str(answer)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("operation", ["Scan", "BatchWriteItem"])
def test_a_permission_that_comes_late_is_waited_for(
    fake_aws: FakeAws, capfd: pytest.CaptureFixture[str], operation: str
) -> None:
    fake_aws.not_yet = {operation: 2}

    answer = _deploy(fake_aws, {PERSON: ADMIN}, "Create", Run(seconds=120))

    assert answer["Status"] == "SUCCESS"
    assert set(fake_aws.items) == {(PERSON, "configuration")}
    assert capfd.readouterr() == ("", "")


def test_success_prints_nothing_either(
    fake_aws: FakeAws, capfd: pytest.CaptureFixture[str]
) -> None:
    _deploy(fake_aws, {PERSON: ADMIN}, "Create")

    assert capfd.readouterr() == ("", "")
