"""Deployments that fail, what they leave, and the ones that follow.

The real CDK CLI deploys to the AWS stand-in. A resource fails once, after the service has done its
part: that leaves more than a refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.updates import failures
from tests.updates.every_type import Row, every_type, first_creations, updates
from tests.updates.failures import (
    ENV,
    STACKS,
    UI,
    Account,
    fail_creations,
    failure,
    leave_failed_creation,
    one,
)
from tests.updates.failures_table import DOCUMENT, render

pytestmark = pytest.mark.xdist_group("failed deployments")

BY_HAND: dict[str, Any] = {
    "principal": {"S": "user:by-hand@example.com"},
    "source": {"S": "manual"},
    "grants": {"M": {}},
}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with failures.account(tmp_path_factory.mktemp("failures")) as made:
        yield made


def test_creations_that_fail_are_followed_by_ones_that_succeed(account: Account) -> None:
    fail_creations(
        account,
        failure("Network", one(account, "Network", "AWS::EC2::Route")),
        failure("Grants", one(account, "Grants", "AWS::DynamoDB::Table")),
    )
    fail_creations(
        account,
        failure("Network", one(account, "Network", "AWS::EC2::FlowLog")),
        failure("Grants", one(account, "Grants", "Custom::Grants")),
    )
    assert account.deploy("Network", "Grants")
    fail_creations(
        account,
        failure("Sso", one(account, "Sso", "AWS::ElasticLoadBalancingV2::Listener")),
        failure(ENV, one(account, ENV, "AWS::S3::Bucket")),
    )
    fail_creations(
        account,
        failure("Sso", one(account, "Sso", "AWS::Lambda::Function", "Authenticator")),
        failure(ENV, one(account, ENV, "AWS::MWAA::Environment")),
    )
    rule = failure(UI, one(account, UI, "AWS::ElasticLoadBalancingV2::ListenerRule"))
    account.fail_in_all(rule)
    leave_failed_creation(account, rule)

    assert account.deploy()
    assert {each: account.status(each) for each in STACKS} == dict.fromkeys(
        STACKS, "CREATE_COMPLETE"
    )


def test_updates_that_fail_leave_what_was_there_and_are_followed_by_ones_that_succeed(
    account: Account,
) -> None:
    """Depends on the platform that the test before leaves; by itself it deploys one."""
    assert account.deploy()
    table, bucket = (
        account.physical_id(stack, one(account, stack, kind))
        for stack, kind in (("Grants", "AWS::DynamoDB::Table"), (ENV, "AWS::S3::Bucket"))
    )
    dynamodb, s3 = account.cloud.session.client("dynamodb"), account.cloud.session.client("s3")
    dynamodb.put_item(TableName=table, Item=BY_HAND)
    s3.put_object(Bucket=bucket, Key="dags/by_hand.py", Body=b"a DAG")
    items, version = _items(account, table), _environment(account)["AirflowVersion"]

    asked = (
        failure("Grants", one(account, "Grants", "Custom::Grants"), "update"),
        failure("Sso", one(account, "Sso", "AWS::Lambda::Function", "Authenticator"), "update"),
        failure(ENV, one(account, ENV, "AWS::MWAA::Environment"), "update"),
    )
    account.fail(*asked, assembly=account.second)

    for each in asked:
        assert account.status(failures.id_of(each.stack)) == "UPDATE_ROLLBACK_COMPLETE"
    assert _items(account, table) == items
    assert _environment(account)["AirflowVersion"] == version
    assert _environment(account)["Status"] == "AVAILABLE"

    assert account.deploy(assembly=account.second)

    assert {each: account.status(each).partition("_")[2] for each in STACKS} == dict.fromkeys(
        STACKS, "COMPLETE"
    )
    assert _environment(account)["AirflowVersion"] != version
    assert len(_items(account, table)) == len(items) + 1
    assert BY_HAND in _items(account, table)
    assert s3.get_object(Bucket=bucket, Key="dags/by_hand.py")["Body"].read() == b"a DAG"


def _items(account: Account, table: str) -> list[dict[str, Any]]:
    found = account.cloud.session.client("dynamodb").scan(TableName=table)["Items"]
    return sorted(found, key=lambda each: str(each["principal"]))


def _environment(account: Account) -> dict[str, Any]:
    client = account.cloud.session.client("mwaa")
    return dict(client.get_environment(Name=failures.ENVIRONMENT)["Environment"])


@pytest.mark.long
def test_every_type_fails_once_and_succeeds_then(account: Account, writes: bool) -> None:
    rows = [*first_creations(account), *updates(account)]
    if writes:
        DOCUMENT.write_text(render(rows))
    assert [each for each in rows if each.problem] == []


def test_the_document_has_a_row_for_every_type(account: Account, writes: bool) -> None:
    lines = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    types = {line.split("`")[1] for line in lines}
    assert writes or types == set(every_type(account))
    assert writes or not [line for line in lines if Row.FAILED in line]
