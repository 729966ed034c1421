"""Handler of the custom resource that reconciles the configuration's grants in the table.

Properties: TableName, and Grants, a list of {Principal, Environments}, where Environments maps a
name or `*` to {Roles, Expires?}; Expires is in seconds since 1970, as text, into which
CloudFormation turns numbers. Only items with the source "configuration" are written or deleted:
manual grants and blocks have others. Nothing is logged, because principals are addresses of people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.conditions import Attr

from custom_resource import Event, LambdaContext, respond
from custom_resource.permissions import retry_while_denied

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

SOURCE = "configuration"

Item = dict[str, Any]


def handle(event: Event, context: LambdaContext) -> None:
    """Handles an event of CloudFormation."""
    table = event["ResourceProperties"]["TableName"]
    respond(event, context, reconcile, physical_id=f"{table}/{SOURCE}")


def reconcile(event: Event, context: LambdaContext) -> None:
    """Makes the configuration's items those of the event; none on Delete."""
    properties = event["ResourceProperties"]
    deleted = event["RequestType"] == "Delete"
    declared = {} if deleted else declared_items(properties.get("Grants") or [])
    table = boto3.resource("dynamodb").Table(properties["TableName"])
    retry_while_denied(table.meta.client, context)
    try:
        present = {item["principal"]: item for item in _configured_items(table)}
    except table.meta.client.exceptions.ResourceNotFoundException:
        if deleted:
            return  # The table is gone, and its items with it.
        raise
    with table.batch_writer() as batch:
        for principal in present.keys() - declared.keys():
            batch.delete_item(Key={"principal": principal, "source": SOURCE})
        for principal, item in declared.items():
            if item != present.get(principal):
                batch.put_item(Item=item)


def declared_items(grants: list[Mapping[str, Any]]) -> dict[str, Item]:
    """Items of the table by principal."""
    return {
        grant["Principal"]: {
            "principal": grant["Principal"],
            "source": SOURCE,
            "grants": {
                environment: _terms(terms) for environment, terms in grant["Environments"].items()
            },
        }
        for grant in grants
    }


def _terms(terms: Mapping[str, Any]) -> Item:
    expires = {"expires": int(terms["Expires"])} if "Expires" in terms else {}
    return {"roles": set(terms["Roles"]), **expires}


def _configured_items(table: Table) -> Iterator[Item]:
    pages = table.meta.client.get_paginator("scan").paginate(
        TableName=table.name,
        FilterExpression=Attr("source").eq(SOURCE),  # type: ignore[arg-type] # a resource's client
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]
