"""What happens to environments and to stacks of all, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace

from cli.doctor.orphan_effects import EFFECTS as WHAT_STAYS
from cli.plan.phrases import and_, linked, some, span
from cli.plan.plan import EFFECTS, Action, Cause, EffectiveKey, Plan, StackPlan
from cli.plan.section import Item
from cli.plan.values import shown
from config.stack_names import Kind
from config.update_policy import Effect, Interrupts, Policy, UpdatePolicy

NO_INTERRUPTION, REFUSED = "no interruption", "REFUSED by AWS, and rolled back"
MADE, LEFT = "new", "no longer in the configuration"
OWNED = "STOPPED: its stack still owns it"
GRACEFUL = "GRACEFUL"
TOLD_OTHERWISE = (UpdatePolicy.UPGRADES.value, UpdatePolicy.BY_KEY.value)
"""Policies of which other lines say more: those about the two versions, and those of the keys."""
SAID_THOUGH_FREE = (UpdatePolicy.KEEPS_LOGS.value,)
"""Policies of changes that interrupt nothing, and may lose something all the same."""
OPTIONS = ("ConfigurationOptions",)
"""The key whose options are listed by what the environment gets of them."""


def environments(stacks: Iterable[StackPlan]) -> Iterator[Item]:
    """Yields what happens to each environment, with all of its stacks."""
    names = dict.fromkeys(each.environment for each in stacks if each.environment)
    told: dict[tuple[str, ...], str] = {}
    for name in names:
        own = [each for each in stacks if each.environment == name]
        main = next((each for each in own if each.kind is Kind.ENVIRONMENT), None)
        if main:
            own = [_once(main, told), *(each for each in own if each is not main)]
        yield _item(name, own[:1] if main and main.action is not Action.CHANGED else own)


def shared(stacks: Sequence[StackPlan]) -> Iterator[Item]:
    """Yields what happens to each stack that is about no environment."""
    # What is said of an environment is not said again.
    told = {
        id(key.change)
        for each in stacks
        if each.environment
        for key in each.keys
        if key.change.environment
    }
    for each in stacks:
        if each.environment is None:
            item = _item(each.id, [each], without=told)
            yield item if item.lines else replace(item, lines=tuple(_reason(each, stacks)))


def renamed(plan: Plan) -> Iterator[str]:
    """Yields what to know where an environment may have been renamed."""
    actions = {each.action for each in plan.stacks if each.kind is Kind.ENVIRONMENT}
    if {Action.MADE, Action.LEFT} <= actions and not plan.moved:
        policy = UpdatePolicy.ANOTHER_ENVIRONMENT.value
        yield f"If one was renamed: {linked(policy.text)}"
        yield f"{_instead(policy)}: {linked(policy.way_round or '')}"


def moved(plan: Plan) -> tuple[str, ...]:
    """What to know where the whole platform would become another one."""
    if not plan.moved:
        return ()
    policy = UpdatePolicy.ANOTHER_PLATFORM.value
    return (
        f"{plan.moved.name}{shown(plan.moved)}: {linked(policy.text)}",
        f"{_instead(policy)}: {linked(policy.way_round or '')}",
    )


def _once(stack: StackPlan, told: dict[tuple[str, ...], str]) -> StackPlan:
    """The stack, with one line on a move between versions that was told of another."""
    first = told.setdefault(stack.version_notes, str(stack.environment))
    if not stack.version_notes or first == stack.environment:
        return stack
    return replace(
        stack, version_notes=(f"What the move between versions brings is as in {first}.",)
    )


def _reason(stack: StackPlan, stacks: Sequence[StackPlan]) -> Iterator[str]:
    """Why a stack changes of which no key is told."""
    if environments := dict.fromkeys(key.change.environment for key in stack.keys):
        yield f"The portal shows what changes in {and_([*environments])}."
    elif stack.kind is Kind.GRANTS:
        yield "The grants change: see Access."
    elif stack.action is Action.CHANGED and any(
        each.environment and each.action is not Action.CHANGED for each in stacks
    ):
        yield "It follows the environments that come and go."


def _item(name: str, stacks: Sequence[StackPlan], *, without: Set[int] = frozenset()) -> Item:
    keys = {id(key.change): key for each in stacks for key in each.keys}
    listed = [key for id_, key in keys.items() if id_ not in without]
    strongest = max((each.effect for each in stacks), key=EFFECTS.index)
    lines = [
        *(
            _key_line(each, of=name, beside=strongest)
            for each in listed
            if each.change.place != OPTIONS
        ),
        *_meanings(listed),
        *(line for each in stacks for line in _stack_lines(each)),
    ]
    return Item(name=name, summary=_summary(stacks), lines=tuple(dict.fromkeys(lines)))


def _summary(stacks: Sequence[StackPlan]) -> str:
    strongest = max(stacks, key=lambda each: (EFFECTS.index(each.effect), bool(each.strategy)))
    if strongest.effect is Effect.REFUSED:
        return OWNED if strongest.action is Action.LEFT else REFUSED
    if strongest.action is Action.MADE:
        return f"{MADE}: {span(strongest.minutes)}" if strongest.minutes else MADE
    if strongest.action is Action.LEFT:
        return f"{LEFT}; it {WHAT_STAYS.get(strongest.kind, 'stays as it is')}"
    if strongest.effect is Effect.REPLACEMENT:
        return "REPLACED: what it holds is lost"
    if strongest.effect is Effect.FREE:
        return NO_INTERRUPTION
    return _in_place(strongest)


def _in_place(stack: StackPlan) -> str:
    takes = f"{span(stack.minutes)}" if stack.minutes else "minutes"
    if stack.strategy == GRACEFUL:
        return f"restarts: {takes}; running tasks are waited for ({GRACEFUL})"
    if stack.strategy:
        return (
            f"restarts: {takes}; running tasks are ended ({stack.strategy}), and those with "
            "retries start again"
        )
    if stack.interrupts is Interrupts.TASKS:
        return f"in place: {takes}; what goes through gateways that change or go is cut off"
    return f"in place: {takes}; people may have to sign in again"


def _key_line(key: EffectiveKey, *, of: str, beside: Effect) -> str:
    """The key's line; a free one says so beside others with more of an effect."""
    change = key.change
    prefix = f"{change.environment}: " if change.environment not in {None, of} else ""
    free = key.effect is Effect.FREE and beside is not Effect.FREE
    return f"{prefix}{change.name}{shown(change)}{f' ({NO_INTERRUPTION})' if free else ''}"


def _meanings(keys: Sequence[EffectiveKey]) -> Iterator[str]:
    """What the policies of the keys say beyond the summary, each once."""
    for policy in dict.fromkeys(filter(None, (key.policy for key in keys))):
        if policy in TOLD_OTHERWISE:
            continue
        is_free = policy.effect is Effect.FREE and policy not in SAID_THOUGH_FREE
        if not is_free and policy is not UpdatePolicy.RESTARTS.value:
            yield linked(policy.text)
        if policy.way_round and policy.effect is not Effect.FREE:
            yield f"{_instead(policy)}: {linked(policy.way_round)}"


def _instead(policy: Policy) -> str:
    return "Instead" if policy.effect is Effect.REFUSED else "Do"


def _stack_lines(stack: StackPlan) -> Iterator[str]:
    if stack.options:
        for action in dict.fromkeys(each.action for each in stack.options):
            named = [each.name for each in stack.options if each.action == action]
            yield f"Airflow options {action}: {', '.join(named)}."
    yield from _file_lines(stack)
    if stack.way_round:
        yield f"Instead: {stack.way_round}"
    if stack.reasons and stack.way_round and stack.strategy:
        yield "Where it is deployed all the same, taking it back may restart the environment."
    yield from stack.version_notes
    for what in dict.fromkeys(() if stack.reasons else stack.kept):
        yield f"Its {what} leaves the stack, and stays in the account with what it holds."
    if stack.protection is not None:
        after = "can no longer" if stack.protection else "can"
        yield f"The stack {stack.name} {after} be deleted (TerminationProtection)."
    if stack.action is Action.LEFT and stack.kind is Kind.WAY:
        yield f"Nothing of it is taken away before {stack.name} is deleted."
    if stack.action is Action.LEFT and not stack.reasons:
        yield "`./mwaa-platform doctor` has the commands that remove it."


def _file_lines(stack: StackPlan) -> Iterator[str]:
    """What changes beside the keys: files, and where no key accounts for it, resources."""
    for file in stack.files:
        yield f"{file.name}: {file.meaning}"
    if stack.own_files and stack.files:
        yield f"Your own files that differ: {some(stack.own_files)}."
    elif stack.version_notes and stack.files:
        yield "Files and options follow the version."
    elif stack.cause is Cause.UNKNOWN and stack.files:
        yield "Your own files in it have changed, or what this release of the platform ships."
    elif stack.cause is not Cause.CONFIGURATION and stack.resources:
        counted = [f"{count} {type_}" for type_, count in stack.resources]
        yield f"Resources of {stack.id} that change: {', '.join(counted)}."
