"""A plan in words: the same sections and sentences for a terminal and for a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from decimal import Decimal

from cli.cost.estate import Range
from cli.deploy_command import DEPLOY
from cli.doctor.orphan_effects import EFFECTS as WHAT_STAYS
from cli.plan.access import AccessChange
from cli.plan.plan import EFFECTS, Action, Cause, EffectiveKey, Loss, Plan, StackPlan
from cli.plan.values import shown, visible
from config.stack_names import Kind
from config.update_policy import AS_HOURS, Effect, Interrupts, Minutes, Policy, UpdatePolicy

NO_INTERRUPTION, REFUSED = "no interruption", "REFUSED by AWS, and rolled back"
MADE, LEFT = "new", "no longer in the configuration"
OWNED = "STOPPED: its stack still owns it"
GRACEFUL = "GRACEFUL"
MOST_NAMED = 6
TOLD_OTHERWISE = (UpdatePolicy.UPGRADES.value, UpdatePolicy.BY_KEY.value)
"""Policies of which other lines say more: those about the two versions, and those of the keys."""
SAID_THOUGH_FREE = (UpdatePolicy.KEEPS_LOGS.value,)
"""Policies of changes that interrupt nothing, and may lose something all the same."""
OPTIONS = ("ConfigurationOptions",)
"""The key whose options are listed by what the environment gets of them."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """Something that changes: its name, what happens to it, and the sentences about that."""

    name: str
    summary: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """Items under a heading; `lines` are sentences of the section itself."""

    title: str
    items: tuple[Item, ...] = ()
    lines: tuple[str, ...] = ()


def verdict(plan: Plan, allowed: Set[str]) -> str:
    """The whole plan in a sentence or two."""
    stopped = [each for each in plan.stacks if each.reasons]
    if refused := [each for each in stopped if each.action is not Action.LEFT]:
        return f"Stop: AWS refuses the change of {_and(_names(refused))}."
    if stopped:
        return f"Stop: {_and(_names(stopped))} would be left to a stack that nothing lists."
    if lost := [each.name for each in plan.losses if each.name not in allowed]:
        return f"Stop: {_and(lost)} would be lost."
    if plan.uncertain:
        return "What it does could not be told in full."
    if plan.is_release_seen:
        return " ".join(_consequences(plan)) if plan.stacks else "Nothing changes."
    seen = " ".join(_consequences(plan)) if plan.stacks else "The file changes nothing."
    return f"{seen} What the release of the platform changes was not seen."


def _names(stacks: Sequence[StackPlan]) -> list[str]:
    return [each.environment or each.id for each in stacks]


def _consequences(plan: Plan) -> Iterator[str]:
    allowed = [each.name for each in plan.losses]
    yield f"What is lost is allowed: {_and(allowed)}." if allowed else "Nothing is lost."
    restarts = list(plan.restarts)
    if restarts:
        yield f"{_and(restarts)} {'restarts' if len(restarts) == 1 else 'restart'}."
    if any(each.interrupts is Interrupts.SIGN_IN for each in plan.stacks):
        yield "People may have to sign in again."
    elif not restarts:
        yield "Nothing restarts."
    if any(each.action is Action.LEFT for each in plan.stacks):
        yield "What left the configuration runs on."


def sections(plan: Plan, allowed: Set[str]) -> Iterator[Section]:
    """The sections that have something to say, in the order in which people read them."""
    yield from (each for each in _all_sections(plan, allowed) if each.items or each.lines)


def _all_sections(plan: Plan, allowed: Set[str]) -> Iterator[Section]:
    ours = [each for each in plan.stacks if each.cause is not Cause.RELEASE]
    yield Section(title="Stops", lines=tuple(_stops(plan, allowed)))
    yield Section(title="Could not be told", items=tuple(_uncertain(plan)))
    yield Section(
        title="Environments", items=tuple(_environments(ours)), lines=tuple(_renamed(plan))
    )
    yield Section(title="Sign-in and network", items=tuple(_shared(ours)), lines=_moved(plan))
    yield Section(
        title="Roles and boundaries that are not made here",
        items=tuple(
            Item(name=each.name, summary=each.summary, lines=each.lines) for each in plan.roles
        ),
    )
    yield Section(title="Access", lines=tuple(_access(plan.access)))
    released = [each for each in plan.stacks if each.cause is Cause.RELEASE]
    yield Section(
        title="What this release of the platform changes by itself",
        items=(*_environments(released), *_shared(released)),
    )
    yield Section(title="Money", lines=tuple(_money(plan)))
    yield Section(title="The run", lines=tuple(_run(plan)))
    yield Section(title="Besides", lines=(*plan.notes, *_unused(plan), *_unknown(plan, allowed)))


def _access(changes: Sequence[AccessChange]) -> Iterator[str]:
    yield from map(access_line, changes)
    if any(each.lost for each in changes):
        yield (
            "Who loses a role and is in Airflow already stays in it until that session ends, 12 "
            "hours at most. At once: docs/operating.md#remove-a-person-now."
        )


def access_line(change: AccessChange) -> str:
    """Who gains or loses what, in one line, and what somebody who loses a role has left."""
    told = [
        f"{verb} {_and(roles)}"
        for verb, roles in (
            ("gains", change.gained),
            ("loses", change.lost),
            ("has another end for", change.ends_otherwise),
        )
        if roles
    ]
    left = f"keeps {_and(change.left)}" if change.left else "has no role left there"
    after = f", and {left}" if change.lost else ""
    return f"{change.principal} {_and(told)} in {_some(change.environments)}{after}."


def span(minutes: Minutes) -> str:
    """Minutes as people say them, with numbers."""
    least, most = minutes
    if most < AS_HOURS:
        return f"{least} to {most} minutes" if least != most else f"{most} minutes"
    return f"{_clock(least)} to {_clock(most)}"


def _clock(minutes: int) -> str:
    if minutes < AS_HOURS:
        return f"{minutes} minutes"
    hours, rest = divmod(minutes, 60)
    return f"{hours} hours {rest} minutes" if rest else f"{hours} hours"


def _stops(plan: Plan, allowed: Set[str]) -> Iterator[str]:
    yield from plan.refusals
    yield from _before_refusal(plan)
    for loss in plan.losses:
        if loss.name not in allowed:
            yield f"{_loss(loss)} To allow it: --allow-replacement {loss.name}"
        else:
            yield f"{_loss(loss)} That is allowed."


def _before_refusal(plan: Plan) -> Iterator[str]:
    """What a refused deployment leaves behind, and what that costs."""
    first = plan.before_refusal
    if first and first.certain:
        verb = "is" if len(first.certain) == 1 else "are"
        yield (
            f"Before that, {_and(first.certain)} {verb} deployed, and not taken back"
            f"{_monthly(plan, first.certain)}."
        )
    if first and first.possible:
        yield (
            f"{_some(first.possible)} may be deployed by then as well, and not taken back"
            f"{_monthly(plan, first.possible)}."
        )
    if first and (first.certain or first.possible):
        yield _way_back(plan, {*first.certain, *first.possible})
    elif first:
        yield "Nothing is deployed before that."
    policies = (key.policy for each in plan.stacks if each.reasons for key in each.keys)
    yield from dict.fromkeys(each.aftermath for each in policies if each and each.aftermath)


def _way_back(plan: Plan, deployed: Set[str]) -> str:
    """How to take back what was deployed before a refusal."""
    kept = {
        key.change.name: visible(key.change)[1]
        for each in plan.stacks
        if each.id in deployed
        for key in each.keys
        if key.change.policy
        and key.change.policy.value.effect is Effect.REFUSED
        and key.effect is not Effect.REFUSED
    }
    if not kept:
        return "Deploying the former file again takes that back."
    named = _and([f"{name} ({after})" for name, after in kept.items()])
    return (
        f"To take that back, deploy the former file with {named} left as it is here: taking it "
        "back is refused."
    )


def _monthly(plan: Plan, ids: Sequence[str]) -> str:
    """What stacks cost more in a month, where that is known and anything."""
    if plan.money is None:
        return ""
    cost = Range.sum(plan.money.stacks[each] for each in ids if each in plan.money.stacks)
    if not cost.low and not cost.high:
        return ""
    most = f" to {_dollars(cost.high)}" if cost.high != cost.low else ""
    return f": in a month {_dollars(cost.low)}{most}"


def _loss(loss: Loss) -> str:
    would = "is" if loss.certain else "may be"
    fate = "replaced by an empty one" if loss.is_replaced else "deleted"
    return f"The {loss.what} {loss.name} {would} {fate}."


def _uncertain(plan: Plan) -> Iterator[Item]:
    for each in plan.uncertain:
        lines = [each.remedy or "", *each.commands]
        yield Item(name=each.subject, summary=each.message, lines=tuple(filter(None, lines)))


def _environments(stacks: Iterable[StackPlan]) -> Iterator[Item]:
    names = dict.fromkeys(each.environment for each in stacks if each.environment)
    told: dict[tuple[str, ...], str] = {}
    for name in names:
        own = [each for each in stacks if each.environment == name]
        main = next((each for each in own if each.kind is Kind.ENVIRONMENT), None)
        if main:
            own = [_once(main, told), *(each for each in own if each is not main)]
        yield _item(name, own[:1] if main and main.action is not Action.CHANGED else own)


def _once(stack: StackPlan, told: dict[tuple[str, ...], str]) -> StackPlan:
    """The stack, with one line on a move between versions that was told of another."""
    first = told.setdefault(stack.version_notes, str(stack.environment))
    if not stack.version_notes or first == stack.environment:
        return stack
    return replace(
        stack, version_notes=(f"What the move between versions brings is as in {first}.",)
    )


def _renamed(plan: Plan) -> Iterator[str]:
    actions = {each.action for each in plan.stacks if each.kind is Kind.ENVIRONMENT}
    if {Action.MADE, Action.LEFT} <= actions and not plan.moved:
        policy = UpdatePolicy.ANOTHER_ENVIRONMENT.value
        yield f"If one was renamed: {_linked(policy.text)}"
        yield f"{_instead(policy)}: {_linked(policy.way_round or '')}"


def _shared(stacks: Sequence[StackPlan]) -> Iterator[Item]:
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


def _reason(stack: StackPlan, stacks: Sequence[StackPlan]) -> Iterator[str]:
    """Why a stack changes of which no key is told."""
    if environments := dict.fromkeys(key.change.environment for key in stack.keys):
        yield f"The portal shows what changes in {_and([*environments])}."
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
            yield _linked(policy.text)
        if policy.way_round and policy.effect is not Effect.FREE:
            yield f"{_instead(policy)}: {_linked(policy.way_round)}"


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
        yield f"Your own files that differ: {_some(stack.own_files)}."
    elif stack.version_notes and stack.files:
        yield "Files and options follow the version."
    elif stack.cause is Cause.UNKNOWN and stack.files:
        yield "Your own files in it have changed, or what this release of the platform ships."
    elif stack.cause is not Cause.CONFIGURATION and stack.resources:
        counted = [f"{count} {type_}" for type_, count in stack.resources]
        yield f"Resources of {stack.id} that change: {', '.join(counted)}."


def _moved(plan: Plan) -> tuple[str, ...]:
    if not plan.moved:
        return ()
    policy = UpdatePolicy.ANOTHER_PLATFORM.value
    return (
        f"{plan.moved.name}{shown(plan.moved)}: {_linked(policy.text)}",
        f"{_instead(policy)}: {_linked(policy.way_round or '')}",
    )


def _money(plan: Plan) -> Iterator[str]:
    if plan.money is None or any(plan.refusals):
        return
    low, high = plan.money.total.low, plan.money.total.high
    if not low and not high:
        yield "No change of what is priced."
    else:
        yield (
            f"In a month {_dollars(low)} with the fewest workers and web servers, and "
            f"{_dollars(high)} with the most."
        )
    if plan.money.unpriced:
        yield f"Not priced: {', '.join(dict.fromkeys(each.name for each in plan.money.unpriced))}."


def _dollars(amount: Decimal) -> str:
    if not amount:
        return "nothing more"
    return f"{abs(amount):,.2f} US dollars {'less' if amount < 0 else 'more'}"


def _run(plan: Plan) -> Iterator[str]:
    changing = [each for each in plan.stacks if each.action is not Action.LEFT]
    if not changing or any(plan.refusals):
        return
    waves = {each.wave for each in changing if each.wave}
    manner = f" in {len(waves)} waves" if len(waves) > 1 else ""
    yield f"{span(plan.minutes.by_waves)}{manner}: {DEPLOY}"


def _unused(plan: Plan) -> Iterator[str]:
    if plan.unused_keys:
        named = [
            f"{each.environment}: {each.name}" if each.environment else each.name
            for each in plan.unused_keys
        ]
        yield f"Without effect on what is deployed: {', '.join(named)}."


def _unknown(plan: Plan, allowed: Set[str]) -> Iterator[str]:
    for name in plan.unknown(allowed):
        yield f"--allow-replacement {name}: nothing that this plan loses has that name."


def _linked(text: str) -> str:
    """Links of docs/changes.md as text that leads there from anywhere."""
    return re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r"\1 (docs/\2)", text)


def _and(words: Sequence[str | None]) -> str:
    *first, last = (str(each) for each in words)
    return f"{', '.join(first)} and {last}" if first else last


def _some(words: Sequence[str]) -> str:
    if len(words) <= MOST_NAMED:
        return _and(words)
    return f"{', '.join(words[:MOST_NAMED])} and {len(words) - MOST_NAMED} more"
