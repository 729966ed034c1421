"""What a deployment does to each stack, and why.

The difference of the templates says what happens. The keys of the configuration say why, and their
update policies say it in words. A key never does more than its stacks show: a policy knows the
worst of all values.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import Any

from cli.plan.access import access_changes
from cli.plan.application import Application, StackState, Template
from cli.plan.differences import Impact, ResourceChange, differences
from cli.plan.durations import minutes_of, run
from cli.plan.environment_changes import (
    differing_options,
    file_changes,
    notes_on_options,
    notes_on_sign_in,
    strategy,
    version_move_of,
)
from cli.plan.plan import (
    EFFECTS,
    Action,
    BeforeRefusal,
    Cause,
    EffectiveKey,
    FileChange,
    Loss,
    Plan,
    StackPlan,
)
from cli.plan.reach import comes_with, reached_by
from cli.plan.refusals import (
    ENDPOINT,
    ENVIRONMENT,
    LOAD_BALANCER,
    VPC,
    Changes,
    reasons_not_to_leave,
    refusals,
)
from config.key_changes import GRANTS, KeyChange, entries, key_changes, wave_of
from config.stack_names import PER_ENVIRONMENT, Kind, kind_of, suffix
from config.update_policy import Effect, Interrupts
from mwaa.version_moves import Move

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
EXCUSED = {Effect.REPLACEMENT, Effect.REFUSED}


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    """Two applications, what differs between the templates of each stack, and the keys that do."""

    before: Application
    after: Application
    changes: Changes
    keys: Sequence[KeyChange]

    def refusals(self, stack: StackState) -> tuple[str, ...]:
        """Why the deployment of a stack is refused, each reason once."""
        return tuple(dict.fromkeys(refusals(stack, self.before, self.after, self.changes)))


def plan(before: Application, after: Application, *, described: str) -> Plan:
    """What deploying `after` does where `before` is deployed; `described` names the latter.

    Raises PlatformError where templates cannot be compared.
    """
    [changes] = changes_between([(before, after)])
    return plan_of(before, after, changes, described=described)


def plan_of(before: Application, after: Application, changes: Changes, *, described: str) -> Plan:
    """The plan of the changes between two applications."""
    old, new = before.written, after.written
    compared = _Comparison(
        before=before,
        after=after,
        changes=changes,
        keys=list(key_changes(old, new)) if old is not None and new is not None else [],
    )
    stacks = tuple(_stack_plans(compared))
    used = {id(each.change) for stack in stacks for each in stack.keys}
    # Where nothing is deployed, every key would be one.
    unused = [
        each
        for each in compared.keys
        if id(each) not in used and before.stacks
        if not any(comes_with(each, stack.id) for stack in stacks)
    ]
    return Plan(
        before=described,
        stacks=stacks,
        access=tuple(access_changes(old, new)) if old is not None and new is not None else (),
        unused_keys=tuple(each for each in unused if not each.moves_platform),
        moved=next((each for each in compared.keys if each.moves_platform and before.stacks), None),
        before_refusal=_before_refusal(stacks, after),
        minutes=run(stacks),
    )


def _before_refusal(stacks: Sequence[StackPlan], after: Application) -> BeforeRefusal | None:
    """What is deployed before the refusal; the CDK CLI deploys a stack after what it rests on."""
    refused = [each.id for each in stacks if each.reasons and each.action is not Action.LEFT]
    if not refused:
        return None
    rests_on = {id_: _rests_on(id_, after) for id_ in (each.id for each in stacks)}
    deployed = [each.id for each in stacks if each.action is not Action.LEFT]
    certain = [id_ for id_ in deployed if all(id_ in rests_on[each] for each in refused)]
    stopped = {id_ for id_ in deployed if rests_on[id_] & {*refused}} | {*refused}
    return BeforeRefusal(
        certain=tuple(certain),
        possible=tuple(id_ for id_ in deployed if id_ not in {*certain, *stopped}),
    )


def _rests_on(id_: str, application: Application) -> set[str]:
    """The ids of the stacks that are deployed before one, over any number of others."""
    direct = {each.id: each.depends_on for each in application.stacks.values()}
    found: set[str] = set()
    waiting = [*direct.get(id_, ())]
    while waiting:
        if (each := waiting.pop()) not in found:
            found.add(each)
            waiting += direct.get(each, ())
    return found


def changes_between(pairs: Sequence[tuple[Application, Application]]) -> list[Changes]:
    """What differs in each pair of applications, by one run of the differ."""
    names = [[*dict.fromkeys([*after.stacks, *before.stacks])] for before, after in pairs]
    templates = [
        (_template(before, name), _template(after, name))
        for (before, after), listed in zip(pairs, names, strict=True)
        for name in listed
    ]
    found = iter(differences(templates))
    return [{name: next(found) for name in listed} for listed in names]


def _template(application: Application, name: str) -> Template:
    stack = application.stacks.get(name)
    return stack.template if stack else {}


def _stack_plans(compared: _Comparison) -> Iterator[StackPlan]:
    before, after = compared.before, compared.after
    for name, stack in after.stacks.items():
        former = before.stacks.get(name)
        if not former:
            yield _made(stack, compared)
        elif compared.changes[name] or former.protected != stack.protected:
            yield _changed(former, stack, compared)
    for name, stack in before.stacks.items():
        if name not in after.stacks:
            yield _left(stack, compared)


def _made(stack: StackState, compared: _Comparison) -> StackPlan:
    refused = compared.refusals(stack)
    return _plan(
        stack,
        compared.after,
        action=Action.MADE,
        effect=Effect.REFUSED if refused else Effect.FREE,
        refusals=refused,
        minutes=minutes_of(_kind(stack), None, stack, restarts=False),
    )


def _left(stack: StackState, compared: _Comparison) -> StackPlan:
    stopped = tuple(reasons_not_to_leave(stack, compared.after))
    reaching = (
        each
        for each in compared.keys
        if _kind(stack) is Kind.WAY and stack.id in reached_by(each, compared.before)
    )
    return _plan(
        stack,
        compared.before,
        action=Action.LEFT,
        effect=Effect.REFUSED if stopped else Effect.FREE,
        keys=tuple(
            EffectiveKey(change=each, effect=Effect.FREE) for each in reaching if each.environment
        ),
        refusals=stopped,
    )


def _changed(former: StackState, stack: StackState, compared: _Comparison) -> StackPlan:
    own = compared.changes[stack.name]
    move = version_move_of(former, stack)
    refused = compared.refusals(stack)
    if move and move.reason:
        refused = (*refused, move.reason)
    interrupts = _interrupts(former, stack, own)
    seen = _observed(own, interrupts, refused)
    keys = tuple(_effective_keys(stack, compared, seen))
    restarts = _updates(own, ENVIRONMENT)
    files = tuple(file_changes(former, stack))
    protection = stack.protected if former.protected != stack.protected else None
    return _plan(
        stack,
        compared.after,
        action=Action.CHANGED,
        cause=_cause(stack, compared, files, accounted=bool(keys) or protection is not None),
        effect=max([seen, *(each.effect for each in keys)], key=EFFECTS.index),
        interrupts=interrupts,
        minutes=minutes_of(_kind(stack), former, stack, restarts=restarts),
        strategy=strategy(stack) if restarts else None,
        keys=keys,
        options=tuple(differing_options(former, stack)),
        files=files,
        losses=tuple(_losses(former, own)),
        refusals=refused,
        way_round=move.way_round if move else None,
        version_notes=_version_notes(move, stack) if move and not move.reason else (),
        kept=tuple(_kept(own)),
        resources=tuple(sorted(Counter(each.type for each in own).items())),
        protection=protection,
    )


def _version_notes(move: Move, stack: StackState) -> tuple[str, ...]:
    return (*move.notes, *notes_on_options(move, stack), *notes_on_sign_in(move, stack))


def _plan(
    stack: StackState,
    application: Application,
    *,
    action: Action,
    effect: Effect,
    cause: Cause = Cause.CONFIGURATION,
    **more: Any,
) -> StackPlan:
    environment = environment_of(stack, application)
    return StackPlan(
        id=stack.id,
        name=stack.name,
        kind=_kind(stack),
        environment=environment,
        wave=wave_of(environment, application.written or {}) if environment else None,
        action=action,
        cause=cause,
        effect=effect,
        depends_on=stack.depends_on,
        **more,
    )


def environment_of(stack: StackState, application: Application) -> str | None:
    """The name of the environment that a stack is about; None for a stack of all."""
    if _kind(stack) not in PER_ENVIRONMENT:
        return None
    own = stack.id.partition("-")[2]
    made = ((each.get("Properties") or {}).get("Name") for _, each in stack.of_type(ENVIRONMENT))
    names = [*entries(application.written or {}), *(each for each in made if each)]
    return next((name for name in names if suffix(str(name)) == own), own)


def _kind(stack: StackState) -> Kind:
    return kind_of(stack.id) or Kind.SSO


def _effective_keys(
    stack: StackState, compared: _Comparison, seen: Effect
) -> Iterator[EffectiveKey]:
    """The keys that reach a stack, each with what it does there.

    Where a key of an environment's own entry has it refused, a key of all is not to blame: it does
    what the other stacks show.
    """
    reaching = [each for each in compared.keys if stack.id in reached_by(each, compared.after)]
    own = any(each.environment and _policy_effect(each) in EXCUSED for each in reaching)
    for each in reaching:
        blamed = seen
        if seen in EXCUSED and own and each.environment is None:
            blamed = _seen_elsewhere(each, stack, compared)
        yield EffectiveKey(change=each, effect=_bounded(each, blamed))


def _seen_elsewhere(key: KeyChange, stack: StackState, compared: _Comparison) -> Effect:
    """The strongest effect on the other stacks that a key reaches."""
    reached = reached_by(key, compared.after) - {stack.id}
    effects = [Effect.FREE]
    for other in compared.after.stacks.values():
        former = compared.before.stacks.get(other.name)
        if other.id in reached and former:
            own = compared.changes[other.name]
            interrupts = _interrupts(former, other, own)
            effects.append(_observed(own, interrupts, compared.refusals(other)))
    return max(effects, key=EFFECTS.index)


def _policy_effect(key: KeyChange) -> Effect | None:
    return key.policy.value.effect if key.policy else None


def _observed(
    own: Sequence[ResourceChange], interrupts: Interrupts, refused: Sequence[str]
) -> Effect:
    """The effect that the templates show."""
    if refused:
        return Effect.REFUSED
    gone = (each.is_replaced or each.impact is Impact.DESTROYED for each in own)
    if any(lost and each.type in HOLDS_DATA for lost, each in zip(gone, own, strict=True)):
        return Effect.REPLACEMENT
    return Effect.FREE if interrupts is Interrupts.NOTHING else Effect.IN_PLACE


def _bounded(key: KeyChange, seen: Effect) -> Effect:
    """What a key does where the templates show this effect; a policy tells refused from replaced.

    Both are one to a template.
    """
    effect = key.policy.value.effect if key.policy else seen
    if effect in EXCUSED and seen in EXCUSED:
        return effect
    return min(effect, seen, key=EFFECTS.index)


def _interrupts(former: StackState, stack: StackState, own: Sequence[ResourceChange]) -> Interrupts:
    if _updates(own, ENVIRONMENT, GATEWAY) or _takes_away(own, {ENDPOINT}):
        return Interrupts.TASKS
    moved = _takes_away(own, WAYS_IN)
    touched = any(
        _sign_in_values(former.resources.get(each.id)) != _sign_in_values(stack.resources[each.id])
        for each in own
        if each.id in former.resources and each.id in stack.resources
    )
    return Interrupts.SIGN_IN if moved or touched else Interrupts.NOTHING


def _takes_away(own: Sequence[ResourceChange], types: Set[str]) -> bool:
    """Whether a resource of these types goes, or another one comes in its place."""
    return any(
        each.type in types and (each.is_replaced or each.impact is Impact.DESTROYED) for each in own
    )


def _updates(own: Sequence[ResourceChange], *types: str) -> bool:
    """Whether a resource of these types changes, and not only by what it depends on."""
    return any(
        each.type in types and (each.properties or each.impact is Impact.DESTROYED)
        for each in own
        if each.impact is not Impact.MADE
    )


def _sign_in_values(value: Any) -> list[str]:
    match value:
        case dict():
            named = [json.dumps(value[key]) for key in value if key in SIGN_IN_PROPERTIES]
            return named + list(chain.from_iterable(map(_sign_in_values, value.values())))
        case list():
            return list(chain.from_iterable(map(_sign_in_values, value)))
    return []


def _cause(
    stack: StackState, compared: _Comparison, files: Sequence[FileChange], *, accounted: bool
) -> Cause:
    """Whether the configuration accounts for a stack's change, or a release of the platform.

    What is in a team's file is not in the configuration, so whose change of it is not known.
    """
    before, after = compared.before.written, compared.after.written
    if before is None or after is None:
        return Cause.UNKNOWN
    if moved := entries(before).keys() ^ entries(after).keys():
        accounted |= stack.id in {Kind.SSO, Kind.NETWORK, Kind.GATE}
        accounted |= environment_of(stack, compared.after) in moved
    if before.get(GRANTS) != after.get(GRANTS):
        accounted |= stack.id == Kind.GRANTS
    if accounted:
        return Cause.CONFIGURATION
    entry = entries(after).get(environment_of(stack, compared.after) or "", {})
    return Cause.UNKNOWN if any(each.keys & entry.keys() for each in files) else Cause.RELEASE


def _losses(former: StackState, own: Sequence[ResourceChange]) -> Iterator[Loss]:
    for each in own:
        what = STATEFUL.get(each.type)
        if what and (each.is_replaced or each.impact is Impact.DESTROYED):
            yield Loss(
                name=_loss_name(former, each),
                what=what,
                certain=each.impact is not Impact.MAY_BE_REPLACED,
                is_replaced=each.is_replaced,
            )


def _loss_name(former: StackState, change: ResourceChange) -> str:
    name = former.resources.get(change.id, {}).get("Properties", {}).get("Name")
    if change.type == ENVIRONMENT and isinstance(name, str):
        return name
    return f"{former.id}/{change.id}"


def _kept(own: Sequence[ResourceChange]) -> Iterator[str]:
    for each in own:
        if each.impact is Impact.KEPT_OUTSIDE and each.type in STATEFUL:
            yield STATEFUL[each.type]
