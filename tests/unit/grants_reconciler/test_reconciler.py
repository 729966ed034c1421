"""What the table holds after a deployment, an update, a rollback and a removal."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from grants_reconciler.handler import handle
from tests.loopback import aws_settings
from tests.unit.custom_resource.run import NO_TIME_TO_WAIT, Run
from tests.unit.grants_reconciler.cloud import Cloud, serving

PERSON, TEAM = "user:admin@example.com", "group:data-engineers"
ADMIN = {"*": {"Roles": ["Admin"]}}
OP = {"ingest": {"Roles": ["Op", "Viewer"], "Expires": "4073562000"}}
MANUAL = {"ingest": {"M": {"roles": {"SS": ["User"]}}}}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with serving() as cloud:
        for name, value in aws_settings(cloud.url).items():
            monkeypatch.setenv(name, value)
        yield cloud


def _deploy(
    cloud: Cloud,
    grants: dict[str, Any],
    request_type: str = "Update",
    run: Run = NO_TIME_TO_WAIT,
) -> dict[str, Any]:
    event = {
        "RequestType": request_type,
        "ResponseURL": f"{cloud.url}/answer",
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
    return cloud.answers[-1]


def test_declared_grants_are_written(cloud: Cloud) -> None:
    answer = _deploy(cloud, {PERSON: ADMIN, TEAM: OP}, "Create")

    assert answer["Status"] == "SUCCESS"
    terms = cloud.items[TEAM, "configuration"]["grants"]["M"]["ingest"]["M"]
    assert sorted(terms["roles"]["SS"]) == ["Op", "Viewer"]
    assert terms["expires"] == {"N": "4073562000"}
    assert cloud.items[PERSON, "configuration"]["grants"] == {
        "M": {"*": {"M": {"roles": {"SS": ["Admin"]}}}}
    }


def test_what_the_configuration_no_longer_names_goes(cloud: Cloud) -> None:
    _deploy(cloud, {PERSON: ADMIN, TEAM: OP}, "Create")

    _deploy(cloud, {PERSON: ADMIN})

    assert set(cloud.items) == {(PERSON, "configuration")}


def test_manual_grants_are_never_touched(cloud: Cloud) -> None:
    cloud.put(PERSON, "manual", MANUAL)
    cloud.put(TEAM, "manual", MANUAL)
    before = copy.deepcopy(cloud.items)

    _deploy(cloud, {PERSON: ADMIN}, "Create")
    _deploy(cloud, {})
    _deploy(cloud, {}, "Delete")

    assert cloud.items == before


def test_the_same_again_writes_nothing(cloud: Cloud) -> None:
    _deploy(cloud, {PERSON: ADMIN, TEAM: OP}, "Create")
    cloud.writes.clear()

    _deploy(cloud, {TEAM: OP, PERSON: ADMIN})

    assert cloud.writes == []


def test_a_changed_grant_replaces_the_former_whole(cloud: Cloud) -> None:
    _deploy(cloud, {TEAM: OP}, "Create")

    _deploy(cloud, {TEAM: {"curation": {"Roles": ["Viewer"]}}})

    assert cloud.items[TEAM, "configuration"]["grants"] == {
        "M": {"curation": {"M": {"roles": {"SS": ["Viewer"]}}}}
    }


def test_a_rollback_restores_what_was(cloud: Cloud) -> None:
    _deploy(cloud, {PERSON: ADMIN, TEAM: OP}, "Create")
    before = dict(cloud.items)

    _deploy(cloud, {TEAM: ADMIN})
    _deploy(cloud, {PERSON: ADMIN, TEAM: OP})

    assert cloud.items == before


def test_an_update_is_never_taken_for_a_replacement(cloud: Cloud) -> None:
    """CloudFormation deletes the former resource where the id changes, and the grants with it."""
    ids = {
        _deploy(cloud, grants, request_type)["PhysicalResourceId"]
        for grants, request_type in (({}, "Create"), ({PERSON: ADMIN}, "Update"), ({}, "Delete"))
    }

    assert len(ids) == 1


def test_removing_the_resource_removes_declared_grants(cloud: Cloud) -> None:
    _deploy(cloud, {PERSON: ADMIN}, "Create")

    answer = _deploy(cloud, {PERSON: ADMIN}, "Delete")

    assert answer["Status"] == "SUCCESS"
    assert cloud.items == {}


def test_many_grants_take_several_pages_and_batches(cloud: Cloud) -> None:
    many = {f"user:{index}@example.com": ADMIN for index in range(60)}

    _deploy(cloud, many, "Create")
    _deploy(cloud, {PERSON: ADMIN})

    assert set(cloud.items) == {(PERSON, "configuration")}


def test_a_failure_is_answered_and_nothing_is_printed(
    cloud: Cloud, capfd: pytest.CaptureFixture[str]
) -> None:
    cloud.failing = True

    answer = _deploy(cloud, {PERSON: ADMIN}, "Create")

    assert answer["Status"] == "FAILED"
    assert "AccessDenied" in answer["Reason"]
    assert "admin@example.com" not in str(answer)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("operation", ["Scan", "BatchWriteItem"])
def test_a_permission_that_comes_late_is_waited_for(
    cloud: Cloud, capfd: pytest.CaptureFixture[str], operation: str
) -> None:
    cloud.not_yet = {operation: 2}

    answer = _deploy(cloud, {PERSON: ADMIN}, "Create", Run(seconds=120))

    assert answer["Status"] == "SUCCESS"
    assert set(cloud.items) == {(PERSON, "configuration")}
    assert capfd.readouterr() == ("", "")


def test_success_prints_nothing_either(cloud: Cloud, capfd: pytest.CaptureFixture[str]) -> None:
    _deploy(cloud, {PERSON: ADMIN}, "Create")

    assert capfd.readouterr() == ("", "")
