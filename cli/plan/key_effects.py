"""What the keys of the configuration do to a stack, and whether they account for its change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cli.plan.application import StackState
from cli.plan.comparison import Comparison, environment_of
from cli.plan.observed import interruption, observed
from cli.plan.plan import (
    EFFECTS,
    Cause,
    EffectiveKey,
    FileChange,
)
from cli.plan.reach import reached_by
from config.key_changes import GRANTS, KeyChange, entries
from config.stack_names import Kind
from config.update_policy import Effect

EXCUSED = {Effect.REPLACEMENT, Effect.REFUSED}


def effective_keys(stack: StackState, compared: Comparison, seen: Effect) -> Iterator[EffectiveKey]:
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


def cause_of(
    stack: StackState, compared: Comparison, files: Sequence[FileChange], *, accounted: bool
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


def _seen_elsewhere(key: KeyChange, stack: StackState, compared: Comparison) -> Effect:
    """The strongest effect on the other stacks that a key reaches."""
    reached = reached_by(key, compared.after) - {stack.id}
    effects = [Effect.FREE]
    for other in compared.after.stacks.values():
        former = compared.before.stacks.get(other.name)
        if other.id in reached and former:
            own = compared.changes[other.name]
            interrupts = interruption(former, other, own)
            effects.append(observed(own, interrupts, compared.refusals(other)))
    return max(effects, key=EFFECTS.index)


def _policy_effect(key: KeyChange) -> Effect | None:
    return key.policy.value.effect if key.policy else None


def _bounded(key: KeyChange, seen: Effect) -> Effect:
    """What a key does where the templates show this effect; a policy tells refused from replaced.

    Both are one to a template.
    """
    effect = key.policy.value.effect if key.policy else seen
    if effect in EXCUSED and seen in EXCUSED:
        return effect
    return min(effect, seen, key=EFFECTS.index)
