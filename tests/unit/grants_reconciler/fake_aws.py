"""DynamoDB's API for one table and CloudFormation's response URL, on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests import loopback
from tests.loopback import Request, Response

Item = dict[str, Any]
Key = tuple[str, str]

PAGE = 2  # items that a scan looks at, so that a handful takes several pages
BATCH = 25  # what DynamoDB takes at once


@dataclass
class FakeAws:
    """The items by principal and source, what was asked, and how CloudFormation was answered.

    `not_yet` says how often an operation is still to be refused, as its permission is on its way.
    """

    url: str = ""
    items: dict[Key, Item] = field(default_factory=dict)
    writes: list[Item] = field(default_factory=list)
    answers: list[Item] = field(default_factory=list)
    failing: bool = False
    not_yet: dict[str, int] = field(default_factory=dict)

    def put(self, principal: str, source: str, grants: Item) -> None:
        """Have an item in the table, in DynamoDB's own notation."""
        self.items[principal, source] = {
            "principal": {"S": principal},
            "source": {"S": source},
            "grants": {"M": grants},
        }

    def answer(self, request: Request) -> Response:
        content = json.loads(request.body)
        if request.method == "PUT":
            self.answers.append(content)
            return Response(200)
        name = request.headers["X-Amz-Target"].split(".")[1]
        if self.not_yet.get(name):
            self.not_yet[name] -= 1
        elif not self.failing:
            operations = {"Scan": self.scan, "BatchWriteItem": self.batch_write}
            return Response(200, json.dumps(operations[name](content)).encode())
        refusal = {"__type": "x#AccessDeniedException", "message": "not allowed"}
        return Response(400, json.dumps(refusal).encode())

    def scan(self, request: Item) -> Item:
        keys = sorted(self.items)
        start = request.get("ExclusiveStartKey")
        position = keys.index(_key(start)) + 1 if start else 0
        page = keys[position : position + PAGE]
        (wanted,) = request["ExpressionAttributeValues"].values()
        found = [self.items[key] for key in page if self.items[key]["source"] == wanted]
        more = position + PAGE < len(keys)
        last = {"principal": {"S": page[-1][0]}, "source": {"S": page[-1][1]}} if more else None
        return {"Items": found, **({"LastEvaluatedKey": last} if last else {})}

    def batch_write(self, request: Item) -> Item:
        ((_table, writes),) = request["RequestItems"].items()
        assert len(writes) <= BATCH
        self.writes += writes
        for write in writes:
            if "PutRequest" in write:
                item = write["PutRequest"]["Item"]
                self.items[_key(item)] = item
            else:
                del self.items[_key(write["DeleteRequest"]["Key"])]
        return {"UnprocessedItems": {}}


def _key(item: Item) -> Key:
    return item["principal"]["S"], item["source"]["S"]


@contextmanager
def serving() -> Iterator[FakeAws]:
    """Serve a fake_aws with an empty table."""
    fake_aws = FakeAws()
    with loopback.serving(loopback.Server(fake_aws.answer)) as server:
        fake_aws.url = server.url
        yield fake_aws
