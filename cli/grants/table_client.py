"""Client of the grants table, which reads all of it, and changes manual grants and blocks.

A change of grants is one UpdateItem of the entries that differ, on the condition that they are
still as they were read. So concurrent changes of one principal's grants lose nothing: changes of
different environments both succeed, and of one environment the second is computed again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

import console
from authenticator.blocks import Block, read_blocks
from authenticator.grants import (
    BLOCK,
    KEYS_PER_BATCH,
    Item,
    Key,
    TableGrant,
    grant_keys,
    item_problem,
    read_grants,
)
from cli.deployed import DeployedStacks
from cli.grants.grant_changes import GrantChange, Terms, Update, terms_of
from config.stack_names import Kind
from errors import PlatformError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MANUAL = "manual"
ENTRIES_PER_UPDATE = 50  # an expression is at most 4 KB and 300 operators long
ATTEMPTS = 10
LONGEST_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class GrantsTableClient:
    """Client of a deployed platform's table; `client` is that of DynamoDB.

    One that `is_published` is the published sample's instead, of which `items` alone can be used.
    """

    client: DynamoDBClient
    name: str
    is_published: bool = False

    def items(self) -> Iterator[Item]:
        """Yields all items."""
        pages = self.client.get_paginator("scan").paginate
        for page in pages(TableName=self.name, ConsistentRead=True):
            yield from page["Items"]

    def items_of(self, keys: Sequence[Key]) -> Iterator[Item]:
        """Yields the items of these keys."""
        names = [_key(*key) for key in keys]
        for start in range(0, len(names), KEYS_PER_BATCH):
            yield from self._batch(names[start : start + KEYS_PER_BATCH])

    def grants(self) -> Iterator[TableGrant]:
        """Yields all grants."""
        return read_grants(self.items(), time.time())

    def grants_of(self, principals: Sequence[str]) -> Iterator[TableGrant]:
        """Yields the grants of these principals, up to as many as the authenticator looks up."""
        return read_grants(self.items_of(grant_keys(principals)), time.time())

    def blocks_of(self, principals: Sequence[str]) -> list[Block]:
        """Returns the blocks of these principals."""
        return [*read_blocks(self.items_of([(principal, BLOCK) for principal in principals]))]

    def blocked(self) -> list[str]:
        """Returns all principals that are blocked."""
        return [block.principal for block in read_blocks(self.items())]

    def block(self, principal: str, *, since: int, by: str, reason: str | None) -> None:
        """Blocks a principal. One that is blocked already keeps what the item says but the reason.

        Without a condition: a block must not fail because of what the table holds.
        """
        kept = {"since": {"N": str(since)}} | ({"by": {"S": by}} if by else {})
        sets = [f"#{name} = if_not_exists(#{name}, :{name})" for name in kept]
        new = {"reason": {"S": reason}} if reason else {}
        sets += [f"#{name} = :{name}" for name in new]
        self.client.update_item(
            TableName=self.name,
            Key=_key(principal, BLOCK),
            UpdateExpression=f"SET {', '.join(sets)}",
            ExpressionAttributeNames={f"#{name}": name for name in kept | new},
            ExpressionAttributeValues={f":{name}": value for name, value in (kept | new).items()},
        )

    def unblock(self, principal: str) -> None:
        """Removes the block of a principal, if there is one."""
        self.client.delete_item(TableName=self.name, Key=_key(principal, BLOCK))

    def change(self, principal: str, update: Update, *, dry_run: bool = False) -> list[GrantChange]:
        """Changes a principal's manual grants; returns what was, or would be, changed.

        Calls `update` again after each concurrent change by somebody else. Raises PlatformError
        after ATTEMPTS of these.
        """
        done: list[GrantChange] = []
        refused = 0
        while refused < ATTEMPTS:
            item = self._item(principal)
            changes = list(_changes(principal, item, update))
            if dry_run or not changes:
                return [*done, *changes]
            part = changes[:ENTRIES_PER_UPDATE]
            if self._write(principal, item, part):
                done += part
            else:
                refused += 1
                # Random, so that writers that collided do not collide again.
                time.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS * refused / ATTEMPTS))  # noqa: S311
        raise PlatformError(
            f"Somebody else keeps changing the grants of {principal}.",
            place=f"table {self.name}",
            remedy="Run this again in a moment.",
        )

    def _item(self, principal: str) -> Item | None:
        response = self.client.get_item(
            TableName=self.name, Key=_key(principal, MANUAL), ConsistentRead=True
        )
        item: Item | None = response.get("Item")
        if item is not None and (problem := item_problem(item)):
            raise PlatformError(
                console.printable(f"The item of {principal} in the table is malformed: {problem}."),
                place=f"table {self.name}, principal {principal}, source {MANUAL}",
                remedy="It grants nothing. Correct or delete it in the DynamoDB console, then run "
                "this again.",
            )
        return item

    def _write(self, principal: str, item: Item | None, changes: Sequence[GrantChange]) -> bool:
        """Writes changed entries; returns False where they are no longer as in `item`."""
        write = _removal(item) if item and _nothing_left(item, changes) else None
        operation = self.client.delete_item if write else self.client.update_item
        try:
            operation(
                TableName=self.name,
                Key=_key(principal, MANUAL),
                **(write or _update(item, changes)),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _batch(self, keys: Sequence[Item]) -> Iterator[Item]:
        wanted: Any = {self.name: {"Keys": keys, "ConsistentRead": True}}
        for _ in range(ATTEMPTS):
            response = self.client.batch_get_item(RequestItems=wanted)
            yield from response["Responses"][self.name]
            wanted = response.get("UnprocessedKeys")
            if not wanted:
                return
            time.sleep(LONGEST_PAUSE_SECONDS)
        raise PlatformError(
            "DynamoDB does not hand out all of the grants.",
            place=f"table {self.name}",
            remedy="It is busy. Run this again in a minute.",
        )


def grants_table(platform: DeployedStacks, *, block: bool = False) -> GrantsTableClient:
    """Returns a client of the platform's table; raises PlatformError where none is deployed.

    `block` says that the command is about a block, for the remedy.
    """
    if not platform.outline.may_have_portal:
        now = "Take the person's assignment to the client away at the identity provider. "
        raise PlatformError(
            "There is no table of grants: the configuration has QuickStart alone.",
            place="cdk.context.json",
            remedy=f"{now if block else ''}Everybody who signs in enters under its RbacRoleName. "
            "List the environment in MwaaEnvironments to decide who may enter.",
        )
    name = platform.output(Kind.GRANTS, "TableName")
    return GrantsTableClient(platform.session.client("dynamodb"), name)


PUBLISHED_KEYS = {"email", "mwaa_env"}
"""Of the table of AWS's published sample: https://github.com/aws-samples/alb-sso-mwaa."""


def named_table(platform: DeployedStacks, name: str) -> GrantsTableClient:
    """Returns a client of another table of the account and Region, such as a restored copy.

    Its items can be read too where it is a table of the published sample. Raises PlatformError
    unless it is there, is restored, and has the keys of one or the other.
    """
    client = platform.session.client("dynamodb")
    try:
        table = client.describe_table(TableName=name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        raise _no_such_table_error(name, platform.place, "There is no such table.") from None
    if table["TableStatus"] == "CREATING":
        raise PlatformError(
            "The table is still being restored.",
            place=f"table {name} {platform.place}",
            remedy=f"Wait, then run this again: aws dynamodb wait table-exists --table-name {name}",
        )
    keys = {each["AttributeName"] for each in table["KeySchema"]}
    if keys not in ({"principal", "source"}, PUBLISHED_KEYS):
        raise _no_such_table_error(name, platform.place, "It is no table of grants.")
    return GrantsTableClient(client, name, is_published=keys == PUBLISHED_KEYS)


def _no_such_table_error(name: str, place: str, message: str) -> PlatformError:
    return PlatformError(
        message,
        place=f"table {console.printable(name)} {place}",
        remedy="Look at the name: aws dynamodb list-tables",
    )


def _changes(principal: str, item: Item | None, update: Update) -> Iterator[GrantChange]:
    grants = read_grants([item] if item else [], time.time())
    present = {grant.environment: grant for grant in grants}
    for environment, after in update(present).items():
        before = present.get(environment)
        same = before is not None and before.problem is None and terms_of(before) == after
        if not same and (before or after):
            yield GrantChange(principal, environment, before, after)


def _key(principal: str, source: str) -> dict[str, Any]:
    return {"principal": {"S": principal}, "source": {"S": source}}


def _entry(terms: Terms) -> dict[str, Any]:
    expires = {} if terms.expires is None else {"expires": {"N": str(terms.expires)}}
    return {"M": {"roles": {"SS": sorted(terms.roles)}, **expires}}


def _nothing_left(item: Item, changes: Sequence[GrantChange]) -> bool:
    gone = {change.environment for change in changes if change.after is None}
    return gone >= item["grants"]["M"].keys() and not any(change.after for change in changes)


def _removal(item: Item) -> dict[str, Any]:
    return {
        "ConditionExpression": "grants = :read",
        "ExpressionAttributeValues": {":read": item["grants"]},
    }


def _update(item: Item | None, changes: Sequence[GrantChange]) -> dict[str, Any]:
    """Returns the parameters of an UpdateItem, which creates the item where there is none."""
    if item is None:
        entries = {each.environment: _entry(each.after) for each in changes if each.after}
        return {
            "UpdateExpression": "SET grants = :new",
            "ConditionExpression": "attribute_not_exists(principal)",
            "ExpressionAttributeValues": {":new": {"M": entries}},
        }
    read: Mapping[str, Any] = item["grants"]["M"]
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    sets, removals, conditions = [], [], []
    for number, change in enumerate(changes):
        path = f"grants.#e{number}"
        names[f"#e{number}"] = change.environment
        if change.after:
            values[f":new{number}"] = _entry(change.after)
            sets.append(f"{path} = :new{number}")
        else:
            removals.append(path)
        if change.environment in read:
            values[f":read{number}"] = read[change.environment]
            conditions.append(f"{path} = :read{number}")
        else:
            conditions.append(f"attribute_not_exists({path})")
    actions = [("SET", sets), ("REMOVE", removals)]
    return {
        "UpdateExpression": " ".join(f"{word} {', '.join(each)}" for word, each in actions if each),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
