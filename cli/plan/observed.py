"""What the difference of two templates of a stack says: what is interrupted, lost and kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set
from itertools import chain
from typing import Any

from cli.plan.application import StackState
from cli.plan.differences import Impact, ResourceChange
from cli.plan.plan import (
    Loss,
)
from cli.plan.refusals import (
    ENDPOINT,
    ENVIRONMENT,
    LOAD_BALANCER,
    VPC,
)
from config.update_policy import Effect, Interrupts

GATEWAY = "AWS::EC2::NatGateway"
WAYS_IN = {
    "AWS::Route53::RecordSet",
    "Custom::WebServerIngress",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::EC2::TransitGatewayAttachment",
}
"""What people lose their way to a web server with."""
STATEFUL = {
    ENVIRONMENT: "environment",
    "AWS::S3::Bucket": "bucket",
    "AWS::KMS::Key": "key",
    "AWS::DynamoDB::Table": "table",
    "AWS::SecretsManager::Secret": "secret",
    LOAD_BALANCER: "load balancer",
}
HOLDS_DATA = {type_ for type_, what in STATEFUL.items() if what != "secret"} | {VPC}
"""Types whose replacement is one of what they are for. A secret's value can be put in again."""
SIGN_IN_PROPERTIES = {
    "Issuer",
    "ClientId",
    "SessionCookieName",
    "HostHeaderConfig",
    "AliasTarget",
    "EnvironmentName",
}
"""Properties, at any depth, that people's sessions rest on."""


def observed(
    own: Sequence[ResourceChange], interrupts: Interrupts, refused: Sequence[str]
) -> Effect:
    """The effect that the templates show."""
    if refused:
        return Effect.REFUSED
    gone = (each.is_replaced or each.impact is Impact.DESTROYED for each in own)
    if any(lost and each.type in HOLDS_DATA for lost, each in zip(gone, own, strict=True)):
        return Effect.REPLACEMENT
    return Effect.FREE if interrupts is Interrupts.NOTHING else Effect.IN_PLACE


def interruption(
    former: StackState, stack: StackState, own: Sequence[ResourceChange]
) -> Interrupts:
    """What the changes of a stack interrupt."""
    if updates(own, ENVIRONMENT, GATEWAY) or _takes_away(own, {ENDPOINT}):
        return Interrupts.TASKS
    moved = _takes_away(own, WAYS_IN)
    touched = any(
        _sign_in_values(former.resources.get(each.id)) != _sign_in_values(stack.resources[each.id])
        for each in own
        if each.id in former.resources and each.id in stack.resources
    )
    return Interrupts.SIGN_IN if moved or touched else Interrupts.NOTHING


def updates(own: Sequence[ResourceChange], *types: str) -> bool:
    """Whether a resource of these types changes, and not only by what it depends on."""
    return any(
        each.type in types and (each.properties or each.impact is Impact.DESTROYED)
        for each in own
        if each.impact is not Impact.MADE
    )


def losses(former: StackState, own: Sequence[ResourceChange]) -> Iterator[Loss]:
    """Yields what holds data and is deleted, or replaced by an empty one."""
    for each in own:
        what = STATEFUL.get(each.type)
        if what and (each.is_replaced or each.impact is Impact.DESTROYED):
            yield Loss(
                name=_loss_name(former, each),
                what=what,
                certain=each.impact is not Impact.MAY_BE_REPLACED,
                is_replaced=each.is_replaced,
            )


def kept(own: Sequence[ResourceChange]) -> Iterator[str]:
    """Yields what holds data, leaves the stack, and stays in the account."""
    for each in own:
        if each.impact is Impact.KEPT_OUTSIDE and each.type in STATEFUL:
            yield STATEFUL[each.type]


def _takes_away(own: Sequence[ResourceChange], types: Set[str]) -> bool:
    """Whether a resource of these types goes, or another one comes in its place."""
    return any(
        each.type in types and (each.is_replaced or each.impact is Impact.DESTROYED) for each in own
    )


def _sign_in_values(value: Any) -> list[str]:
    match value:
        case dict():
            named = [json.dumps(value[key]) for key in value if key in SIGN_IN_PROPERTIES]
            return named + list(chain.from_iterable(map(_sign_in_values, value.values())))
        case list():
            return list(chain.from_iterable(map(_sign_in_values, value)))
    return []


def _loss_name(former: StackState, change: ResourceChange) -> str:
    name = former.resources.get(change.id, {}).get("Properties", {}).get("Name")
    if change.type == ENVIRONMENT and isinstance(name, str):
        return name
    return f"{former.id}/{change.id}"
