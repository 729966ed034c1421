"""The update policy of each key says what CloudFormation does with another value of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cli.plan.application import Application, from_assembly
from cli.plan.consequences import changes_between, plan_of
from cli.plan.plan import Plan
from config.document import Document
from config.loader import written
from config.reference.page import TITLES
from config.section import update_policy
from config.update_policy import Effect, Interrupts, Policy, UpdatePolicy
from tests.templates.changes import CHANGES, Changes
from tests.templates.synthesis import ROOT, Json, Synthesis, synthesise
from tests.templates.update import (
    ENDPOINT,
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
INGRESS = "Custom::WebServerIngress"
WAYS = ("AWS::EC2::VPCPeeringConnection", "AWS::EC2::TransitGatewayAttachment")
HOLDS_DATA = (
    ENVIRONMENT,
    LOAD_BALANCER,
    "AWS::DynamoDB::Table",
    "AWS::EC2::VPC",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
)
FILE = ROOT / "samples" / "test.json"
KEYS = [(changes, key) for changes in CHANGES for key in changes.values]


def named(value: object) -> str:
    return value.section.__name__ if isinstance(value, Changes) else str(value)


@cache
def _synthesised(raw: str) -> Synthesis:
    return synthesise(json.loads(raw))


def synthesised(raw: Json) -> Synthesis:
    return _synthesised(json.dumps(raw, sort_keys=True))


@cache
def _deployed(raw: str) -> Deployed:
    return Deployed(_synthesised(raw))


def deployed(raw: Json) -> Deployed:
    return _deployed(json.dumps(raw, sort_keys=True))


@cache
def _planned(raw: str) -> Application:
    with TemporaryDirectory() as folder:
        for name, content in _synthesised(raw).files.items():
            (Path(folder) / name).write_bytes(content)
        return from_assembly(Path(folder), written(Document(path=FILE, content=json.loads(raw))))


def planned(raw: Json) -> Application:
    return _planned(json.dumps(raw, sort_keys=True))


def pair(changes: Changes, key: str) -> tuple[Json, Json, str | None]:
    """The configurations before and after, and the stack that counts; None for all."""
    if key in changes.together:
        before, after = changes.all_together()
        return before, after, f"mwaa-platform-Env-{key}"
    return changes.base, changes.changed(key), None


@pytest.fixture(scope="session")
def plans() -> Mapping[tuple[int, str], list[Plan]]:
    """The plans of every change, there and back, by one run of the differ."""
    asked = {
        (CHANGES.index(changes), key): tuple(map(planned, pair(changes, key)[:2]))
        for changes, key in KEYS
    }
    # Keys that change together share a pair.
    pairs = {(id(one), id(other)): (one, other) for one, other in asked.values()}
    pairs |= {(id(other), id(one)): (other, one) for one, other in asked.values()}
    found = {
        ids: plan_of(*each, between, described="")
        for (ids, each), between in zip(
            pairs.items(), changes_between(list(pairs.values())), strict=True
        )
    }
    return {
        each: [found[id(one), id(other)], found[id(other), id(one)]]
        for each, (one, other) in asked.items()
    }


def updates(changes: Changes, key: str) -> list[Update]:
    """What deploying another value does, and what going back does."""
    *raw, stack = pair(changes, key)
    before, after = map(deployed, raw)
    return [update(before, after, only=stack), update(after, before, only=stack)]


def observed(each: Update) -> tuple[Effect, Interrupts]:
    """Effect and interruption of an update."""
    interrupts = Interrupts.NOTHING
    if _interrupts_sign_in(each):
        interrupts = Interrupts.SIGN_IN
    gone = each.removed | each.replaced
    if each.of_type(set(each.updated) | gone, ENVIRONMENT, GATEWAY) or each.of_type(gone, ENDPOINT):
        interrupts = Interrupts.TASKS
    if each.refused:
        return Effect.REFUSED, interrupts
    if each.of_type(each.replaced | each.removed, *HOLDS_DATA) or (each.made and each.left):
        return Effect.REPLACEMENT, interrupts
    return (Effect.FREE if interrupts is Interrupts.NOTHING else Effect.IN_PLACE), interrupts


def _interrupts_sign_in(each: Update) -> bool:
    steps = {step for pointers in each.updated.values() for at in pointers for step in at}
    ways = each.of_type(each.replaced | each.removed, RECORD, INGRESS, *WAYS)
    return bool(steps & SIGN_IN_KEYS or ways)


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


ANOTHER = (
    UpdatePolicy.ANOTHER_PLATFORM,
    UpdatePolicy.ANOTHER_ENTRY,
    UpdatePolicy.ANOTHER_VPC,
    UpdatePolicy.ANOTHER_ENVIRONMENT,
)


def also_refused(policy: Policy) -> set[Effect]:
    """What comes beside the former is refused what that one has: its names, its host's record."""
    return {Effect.REFUSED} if policy in [each.value for each in ANOTHER] else set()


@pytest.mark.parametrize(("changes", "key"), KEYS, ids=named)
def test_a_plan_says_of_a_key_what_its_policy_says(
    changes: Changes, key: str, plans: Mapping[tuple[int, str], list[Plan]]
) -> None:
    policy = update_policy(changes.section, key).value
    if policy.effect is Effect.BY_KEY:
        return
    stack = pair(changes, key)[2]

    both = plans[CHANGES.index(changes), key]

    stacks = [each for plan in both for each in plan.stacks if stack in {None, each.name}]
    effects = [each.effect for each in (stacks if stack else both)] or [Effect.FREE]
    assert max(effects, key=list(Effect).index) in {policy.effect, *also_refused(policy)}
    if policy.effect is Effect.IN_PLACE:
        order = list(Interrupts)
        assert max((each.interrupts for each in stacks), key=order.index) is policy.interrupts


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
