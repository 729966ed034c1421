"""Blocks in the table, which win over every grant."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from authenticator.blocks import Block, read_blocks
from tests.unit.authenticator.alb_events import ADA, deep_link, event, token
from tests.unit.authenticator.conftest import Function
from tests.unit.authenticator.fake_aws import Call, FakeAws

PRINCIPALS = ("user:ada@example.com", f"subject:{ADA['sub']}")
SIGN_INS = {"portal": lambda: event("/", sign_in=token()), "link": deep_link}

by_either_name = pytest.mark.parametrize("principal", PRINCIPALS)
at_each_page = pytest.mark.parametrize("sign_in", SIGN_INS.values(), ids=SIGN_INS)


@by_either_name
@at_each_page
def test_a_blocked_person_is_refused_with_what_to_do(
    principal: str, sign_in: Callable[[], Any], function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.block(principal)

    answer = function(sign_in())

    assert answer.status == 403
    assert "Your access is blocked" in answer.body
    assert "ask them" in answer.body
    assert answer.line["reference"] in answer.body
    assert "analytics" not in answer.body
    assert (answer.line["decision"], answer.line["reason"]) == ("deny", "blocked")
    assert answer.line["who"] == "ada@example.com"
    assert {name for name, _ in fake_aws.calls} == {"BatchGetItem"}


@by_either_name
def test_no_grant_wins_over_a_block(principal: str, function: Function, fake_aws: FakeAws) -> None:
    for granted in (*PRINCIPALS, "group:data"):
        for source in ("configuration", "manual"):
            fake_aws.grant(granted, "*", "Viewer", "Admin", source=source)
    fake_aws.block(principal)

    assert function(deep_link()).status == 403


@by_either_name
@pytest.mark.parametrize(
    "attributes",
    [
        None,
        {},
        {"S": "no"},
        {"M": {}},
        {"M": {"*": {"M": {"roles": {"SS": ["Viewer"]}}}}},
        {"N": "7"},
    ],
    ids=str,
)
def test_a_block_of_any_form_blocks(
    principal: str, attributes: Any, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.block(principal, attributes)

    assert function(deep_link()).status == 403


def test_the_address_is_blocked_in_any_spelling(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.block("user:ada@example.com")
    for email in ("ADA@example.com", "Ada@Example.Com"):
        assert function(deep_link(sign_in=token(ADA | {"email": email}))).status == 403


@pytest.mark.parametrize(
    "principal",
    ["user:bo@example.com", "subject:2", "subject:ada@example.com", "user:1", "group:data", "*"],
)
def test_a_block_of_somebody_else_is_not_ones_own(
    principal: str, function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.block(principal)

    assert function(deep_link()).status == 302


def test_a_block_takes_effect_at_once_and_until_it_is_removed(
    function: Function, fake_aws: FakeAws
) -> None:
    statuses = [function(deep_link()).status]
    fake_aws.block("subject:1")
    statuses.append(function(deep_link()).status)
    del fake_aws.items["subject:1", "block"]
    statuses.append(function(deep_link()).status)

    assert statuses == [302, 403, 302]


def test_blocks_are_read_with_the_grants_in_one_consistent_call(
    function: Function, fake_aws: FakeAws
) -> None:
    groups = [f"g{number}" for number in range(47)]
    function(deep_link(sign_in=token(ADA | {"groups": groups})))

    (call,) = fake_aws.asked("BatchGetItem")
    read = call["RequestItems"]["grants"]
    asked = {(key["principal"]["S"], key["source"]["S"]) for key in read["Keys"]}
    assert {(principal, "block") for principal in PRINCIPALS} <= asked
    assert read["ConsistentRead"] is True


def test_a_block_counts_however_many_groups_there_are(
    function: Function, fake_aws: FakeAws
) -> None:
    fake_aws.grant("group:g1", "*", "Viewer")
    fake_aws.block("subject:1")
    groups = [f"g{number}" for number in range(500)]

    assert function(deep_link(sign_in=token(ADA | {"groups": groups}))).status == 403


def _without_blocks(fake_aws: FakeAws, call: Call) -> tuple[int, str]:
    """A response whose keys of blocks are left unprocessed."""
    wanted = call["RequestItems"]["grants"]["Keys"]
    left = [key for key in wanted if key["source"]["S"] == "block"]
    _, text = fake_aws._batch_get_item(
        {"RequestItems": {"grants": {"Keys": [key for key in wanted if key not in left]}}}
    )
    return 200, json.dumps(
        json.loads(text) | {"UnprocessedKeys": {"grants": {"Keys": left}} if left else {}}
    )


def test_blocks_that_stay_unprocessed_deny(function: Function, fake_aws: FakeAws) -> None:
    fake_aws.faults["BatchGetItem"] = lambda call: _without_blocks(fake_aws, call)

    answer = function(deep_link())

    assert answer.status == 503
    assert answer.line["reason"] == "batch_get_item: keys left unprocessed"


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"principal": {"S": "user:ada@example.com"}},
        {"principal": {"S": "user:ada@example.com"}, "source": {"N": "1"}},
        {"principal": {"S": "user:ada@example.com"}, "source": "block"},
        {"principal": {"S": "user:ada@example.com"}, "source": {"S": "Block"}},
        {"principal": {"L": []}, "source": {"S": "block"}},
    ],
    ids=str,
)
@at_each_page
def test_an_item_whose_key_cannot_be_read_denies(
    sign_in: Callable[[], Any], odd: dict[str, Any], function: Function, fake_aws: FakeAws
) -> None:
    def with_odd(call: Call) -> tuple[int, str]:
        answer = json.loads(fake_aws._batch_get_item(call)[1])
        answer["Responses"]["grants"].append(odd)
        return 200, json.dumps(answer)

    fake_aws.faults["BatchGetItem"] = with_odd

    assert function(sign_in()).status == 503


BLOCKED = {"principal": {"S": "subject:1"}, "source": {"S": "block"}}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {"since": {"N": "1800000000"}, "by": {"S": "arn"}, "reason": {"S": "left"}},
            Block("subject:1", 1_800_000_000, "arn", "left"),
        ),
        ({}, Block("subject:1")),
        ({"since": {"S": "today"}, "by": {"N": "1"}, "reason": None}, Block("subject:1")),
        ({"since": {"N": "nan"}}, Block("subject:1")),
        ({"since": {"N": "1e300"}}, Block("subject:1")),
    ],
)
def test_a_block_says_since_when_by_whom_and_why(
    attributes: dict[str, Any], expected: Block
) -> None:
    assert list(read_blocks([BLOCKED | attributes])) == [expected]


def test_grants_are_no_blocks() -> None:
    assert list(read_blocks([BLOCKED | {"source": {"S": "manual"}}, {}])) == []
