"""What a deployment does to each stack, and why.

The difference of the templates says what happens. The keys of the configuration say why, and their
update policies say it in words. A key never does more than its stacks show: a policy knows the
worst of all values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from cli.plan.access import access_changes
from cli.plan.application import Application, StackState, Template
from cli.plan.before_refusal import before_refusal_of
from cli.plan.comparison import Comparison, environment_of, kind_of_stack
from cli.plan.differences import differences
from cli.plan.durations import minutes_of, run
from cli.plan.environment_changes import (
    differing_options,
    file_changes,
    notes_on_options,
    notes_on_sign_in,
    strategy,
    version_move_of,
)
from cli.plan.key_effects import cause_of, effective_keys
from cli.plan.observed import interruption, kept, losses, observed, updates
from cli.plan.plan import (
    EFFECTS,
    Action,
    Cause,
    EffectiveKey,
    Plan,
    StackPlan,
)
from cli.plan.reach import comes_with, reached_by
from cli.plan.refusals import (
    ENVIRONMENT,
    Changes,
    reasons_not_to_leave,
)
from config.key_changes import key_changes, wave_of
from config.stack_names import Kind
from config.update_policy import Effect
from mwaa.version_moves import Move


def plan(before: Application, after: Application, *, described: str) -> Plan:
    """What deploying `after` does where `before` is deployed; `described` names the latter.

    Raises PlatformError where templates cannot be compared.
    """
    [changes] = changes_between([(before, after)])
    return plan_of(before, after, changes, described=described)


def plan_of(before: Application, after: Application, changes: Changes, *, described: str) -> Plan:
    """The plan of the changes between two applications."""
    old, new = before.written, after.written
    compared = Comparison(
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
        before_refusal=before_refusal_of(stacks, after),
        minutes=run(stacks),
    )


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


def _stack_plans(compared: Comparison) -> Iterator[StackPlan]:
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


def _made(stack: StackState, compared: Comparison) -> StackPlan:
    refused = compared.refusals(stack)
    return _plan(
        stack,
        compared.after,
        action=Action.MADE,
        effect=Effect.REFUSED if refused else Effect.FREE,
        refusals=refused,
        minutes=minutes_of(kind_of_stack(stack), None, stack, restarts=False),
    )


def _left(stack: StackState, compared: Comparison) -> StackPlan:
    stopped = tuple(reasons_not_to_leave(stack, compared.after))
    reaching = (
        each
        for each in compared.keys
        if kind_of_stack(stack) is Kind.WAY and stack.id in reached_by(each, compared.before)
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


def _changed(former: StackState, stack: StackState, compared: Comparison) -> StackPlan:
    own = compared.changes[stack.name]
    move = version_move_of(former, stack)
    refused = compared.refusals(stack)
    if move and move.reason:
        refused = (*refused, move.reason)
    interrupts = interruption(former, stack, own)
    seen = observed(own, interrupts, refused)
    keys = tuple(effective_keys(stack, compared, seen))
    restarts = updates(own, ENVIRONMENT)
    files = tuple(file_changes(former, stack))
    protection = stack.protected if former.protected != stack.protected else None
    return _plan(
        stack,
        compared.after,
        action=Action.CHANGED,
        cause=cause_of(stack, compared, files, accounted=bool(keys) or protection is not None),
        effect=max([seen, *(each.effect for each in keys)], key=EFFECTS.index),
        interrupts=interrupts,
        minutes=minutes_of(kind_of_stack(stack), former, stack, restarts=restarts),
        strategy=strategy(stack) if restarts else None,
        keys=keys,
        options=tuple(differing_options(former, stack)),
        files=files,
        losses=tuple(losses(former, own)),
        refusals=refused,
        way_round=move.way_round if move else None,
        version_notes=_version_notes(move, stack) if move and not move.reason else (),
        kept=tuple(kept(own)),
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
        kind=kind_of_stack(stack),
        environment=environment,
        wave=wave_of(environment, application.written or {}) if environment else None,
        action=action,
        cause=cause,
        effect=effect,
        depends_on=stack.depends_on,
        **more,
    )
