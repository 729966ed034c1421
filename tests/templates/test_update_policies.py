"""The update policy of each key says what CloudFormation does with another value of it."""

from __future__ import annotations

import json
from functools import cache

import pytest

from config.reference.page import TITLES
from config.section import update_policy
from config.update_policy import Effect, Interrupts
from tests.templates.changes import CHANGES, Changes
from tests.templates.synthesis import Json, synthesise
from tests.templates.update import (
    ENVIRONMENT,
    GATEWAY,
    LOAD_BALANCER,
    Deployed,
    Update,
    create_only,
    update,
)

SIGN_IN_KEYS = {
    "Issuer",
    "ClientId",
    "SessionCookieName",
    "HostHeaderConfig",
    "AliasTarget",
    "EnvironmentName",
}
"""Properties of rules, records and targets that people's sessions rest on."""
RECORD = "AWS::Route53::RecordSet"
HOLDS_DATA = (
    ENVIRONMENT,
    LOAD_BALANCER,
    "AWS::DynamoDB::Table",
    "AWS::EC2::VPC",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
)
KEYS = [(changes, key) for changes in CHANGES for key in changes.values]


def named(value: object) -> str:
    return value.section.__name__ if isinstance(value, Changes) else str(value)


@cache
def _deployed(raw: str) -> Deployed:
    return Deployed(synthesise(json.loads(raw)))


def deployed(raw: Json) -> Deployed:
    return _deployed(json.dumps(raw, sort_keys=True))


def updates(changes: Changes, key: str) -> list[Update]:
    """What deploying another value does, and what going back does."""
    if key in changes.together:
        before, after = map(deployed, changes.all_together())
        stack = f"mwaa-platform-Env-{key}"
    else:
        before, after = deployed(changes.base), deployed(changes.changed(key))
        stack = None
    return [update(before, after, only=stack), update(after, before, only=stack)]


def observed(each: Update) -> tuple[Effect, Interrupts]:
    """Effect and interruption of an update."""
    interrupts = Interrupts.NOTHING
    if _interrupts_sign_in(each):
        interrupts = Interrupts.SIGN_IN
    if each.of_type(set(each.updated) | each.removed | each.replaced, ENVIRONMENT, GATEWAY):
        interrupts = Interrupts.TASKS
    if each.refused:
        return Effect.REFUSED, interrupts
    if each.of_type(each.replaced | each.removed, *HOLDS_DATA) or (each.made and each.left):
        return Effect.REPLACEMENT, interrupts
    return (Effect.FREE if interrupts is Interrupts.NOTHING else Effect.IN_PLACE), interrupts


def _interrupts_sign_in(each: Update) -> bool:
    steps = {step for pointers in each.updated.values() for at in pointers for step in at}
    records = each.of_type(each.replaced | each.removed, RECORD)
    return bool(steps & SIGN_IN_KEYS or records)


@pytest.mark.parametrize(("changes", "key"), KEYS, ids=named)
def test_a_key_has_the_policy_of_what_its_change_does(changes: Changes, key: str) -> None:
    policy = update_policy(changes.section, key).value
    if policy.effect is Effect.BY_KEY:
        return

    seen = [observed(each) for each in updates(changes, key)]

    effects, interrupted = zip(*seen, strict=True)
    order = list(Effect)
    assert max(effects, key=order.index) is policy.effect, updates(changes, key)
    if policy.effect is Effect.IN_PLACE:
        assert max(interrupted, key=list(Interrupts).index) is policy.interrupts


def test_every_key_is_changed() -> None:
    missing = {
        f"{section.__name__}.{field.alias}"
        for section in TITLES
        for field in section.model_fields.values()
    } - {f"{changes.section.__name__}.{key}" for changes, key in KEYS}
    assert missing == set()


def test_the_schemas_say_what_replaces_an_environment() -> None:
    assert {at[0] for at in create_only(ENVIRONMENT)} == {
        "Name",
        "KmsKey",
        "NetworkConfiguration",
        "EndpointManagement",
    }
