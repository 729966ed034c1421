"""A plan in words: the same sections and sentences for a terminal and for a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from cli.deploy_command import DEPLOY
from cli.plan.access import AccessChange
from cli.plan.phrases import and_, dollars, some, span
from cli.plan.plan import Action, Cause, Plan, StackPlan
from cli.plan.section import Item, Section
from cli.plan.stack_words import environments, moved, renamed, shared
from cli.plan.stops import stops
from config.update_policy import Interrupts


def verdict(plan: Plan, allowed: Set[str]) -> str:
    """The whole plan in a sentence or two."""
    stopped = [each for each in plan.stacks if each.reasons]
    if refused := [each for each in stopped if each.action is not Action.LEFT]:
        return f"Stop: AWS refuses the change of {and_(_names(refused))}."
    if stopped:
        return f"Stop: {and_(_names(stopped))} would be left to a stack that nothing lists."
    if lost := [each.name for each in plan.losses if each.name not in allowed]:
        return f"Stop: {and_(lost)} would be lost."
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
    yield f"What is lost is allowed: {and_(allowed)}." if allowed else "Nothing is lost."
    restarts = list(plan.restarts)
    if restarts:
        yield f"{and_(restarts)} {'restarts' if len(restarts) == 1 else 'restart'}."
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
    yield Section(title="Stops", lines=tuple(stops(plan, allowed)))
    yield Section(title="Could not be told", items=tuple(_uncertain(plan)))
    yield Section(title="Environments", items=tuple(environments(ours)), lines=tuple(renamed(plan)))
    yield Section(title="Sign-in and network", items=tuple(shared(ours)), lines=moved(plan))
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
        items=(*environments(released), *shared(released)),
    )
    yield Section(title="Money", lines=tuple(_money(plan)))
    yield Section(title="The run", lines=tuple(_run(plan)))
    yield Section(title="Notes", lines=(*plan.notes, *_unused(plan), *_unknown(plan, allowed)))


def _access(changes: Sequence[AccessChange]) -> Iterator[str]:
    yield from map(access_line, changes)
    if any(each.lost for each in changes):
        yield (
            "Who loses a role and is in Airflow already stays in it until that session ends, 12 "
            "hours at most. To end it now: docs/operating.md#remove-a-person-now."
        )


def access_line(change: AccessChange) -> str:
    """Who gains or loses what, in one line, and what somebody who loses a role has left."""
    told = [
        f"{verb} {and_(roles)}"
        for verb, roles in (
            ("gains", change.gained),
            ("loses", change.lost),
            ("has another end for", change.ends_otherwise),
        )
        if roles
    ]
    left = f"keeps {and_(change.left)}" if change.left else "has no role left there"
    after = f", and {left}" if change.lost else ""
    return f"{change.principal} {and_(told)} in {some(change.environments)}{after}."


def _uncertain(plan: Plan) -> Iterator[Item]:
    for each in plan.uncertain:
        lines = [each.remedy or "", *each.commands]
        yield Item(name=each.subject, summary=each.message, lines=tuple(filter(None, lines)))


def _money(plan: Plan) -> Iterator[str]:
    if plan.money is None or any(plan.refusals):
        return
    low, high = plan.money.total.low, plan.money.total.high
    if not low and not high:
        yield "No change of what is priced."
    else:
        yield (
            f"In a month {dollars(low)} with the fewest workers and web servers, and "
            f"{dollars(high)} with the most."
        )
    if plan.money.unpriced:
        yield f"Not priced: {', '.join(dict.fromkeys(each.name for each in plan.money.unpriced))}."


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
