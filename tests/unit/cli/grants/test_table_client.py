"""Pagination of the grants table, and tables that cannot be read."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from cli.grants.table_client import GrantsTableClient, named_table
from errors import PlatformError
from tests import loopback
from tests.loopback import Request, Response
from tests.unit.cli.terminal import entry

PAGE = 3


class InPieces(loopback.Server):
    """DynamoDB with ten principals, three items a page; it leaves a part of each batch out."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.items: list[dict[str, Any]] = [
            {
                "principal": {"S": f"user:{number}@example.com"},
                "source": {"S": "manual"},
                "grants": {"M": {"analytics": entry("Op")}},
            }
            for number in range(10)
        ]
        self.stubborn = False

    def _answer(self, request: Request) -> Response:
        asked = json.loads(request.body)
        operation = request.headers["X-Amz-Target"].split(".")[1]
        answers = {
            "Scan": self._scan,
            "BatchGetItem": self._batch_get_item,
            "DescribeTable": self._describe_table,
        }
        return Response(200, json.dumps(answers[operation](asked)).encode())

    def _describe_table(self, _asked: dict[str, Any]) -> dict[str, Any]:
        keys = [{"AttributeName": each} for each in ("principal", "source")]
        return {"Table": {"TableStatus": "CREATING", "KeySchema": keys}}

    def _scan(self, asked: dict[str, Any]) -> dict[str, Any]:
        start = int(asked.get("ExclusiveStartKey", {"at": {"N": "0"}})["at"]["N"])
        more = start + PAGE < len(self.items)
        last = {"LastEvaluatedKey": {"at": {"N": str(start + PAGE)}}} if more else {}
        return {"Items": self.items[start : start + PAGE], **last}

    def _batch_get_item(self, asked: dict[str, Any]) -> dict[str, Any]:
        [(table, wanted)] = asked["RequestItems"].items()
        taken = 0 if self.stubborn else 25
        keys, left = wanted["Keys"][:taken], wanted["Keys"][taken:]
        assert len(wanted["Keys"]) <= 100
        found = [
            item
            for item in self.items
            if {"principal": item["principal"], "source": item["source"]} in keys
        ]
        unprocessed = {table: {**wanted, "Keys": left}} if left else {}
        return {"Responses": {table: found}, "UnprocessedKeys": unprocessed}


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("cli.grants.table_client.LONGEST_PAUSE_SECONDS", 0)
    with loopback.serving(InPieces()) as server:
        for name, value in loopback.aws_settings(server.url).items():
            monkeypatch.setenv(name, value)
        yield server


def test_every_page_is_read(in_pieces: InPieces) -> None:
    table = GrantsTableClient(boto3.Session().client("dynamodb"), "grants")
    assert len(list(table.grants())) == len(in_pieces.items)


def test_what_a_batch_left_out_is_asked_again(in_pieces: InPieces) -> None:
    table = GrantsTableClient(boto3.Session().client("dynamodb"), "grants")
    principals = [item["principal"]["S"] for item in in_pieces.items]
    strangers = [f"group:{number}" for number in range(100)]
    found = list(table.grants_of([*strangers, *principals]))
    assert sorted(grant.principal for grant in found) == principals


def test_a_table_that_hands_out_nothing_is_an_error(in_pieces: InPieces) -> None:
    in_pieces.stubborn = True
    table = GrantsTableClient(boto3.Session().client("dynamodb"), "grants")
    with pytest.raises(PlatformError, match="does not hand out"):
        list(table.grants_of(["user:1@example.com"]))


@pytest.mark.usefixtures("in_pieces")
def test_a_copy_that_is_still_being_restored_is_not_read() -> None:
    platform: Any = SimpleNamespace(session=boto3.Session(), place="in AWS")
    with pytest.raises(PlatformError, match="still being restored") as refused:
        named_table(platform, "restored")
    assert "wait table-exists --table-name restored" in str(refused.value.remedy)
