"""How long a deployment takes, stack by stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from cli.plan.application import StackState
from cli.plan.plan import Action, RunMinutes, StackPlan
from cli.plan.refusals import ENVIRONMENT
from config.stack_names import Kind
from config.update_policy import CREATION, FEW, GRACEFUL_RESTART, RESTART, UPGRADE, Minutes

NOTHING = Minutes(0, 0)
LOAD_BALANCER_CREATION = Minutes(4, 8)
CREATIONS: Mapping[Kind, Minutes] = {
    Kind.ENVIRONMENT: CREATION,
    Kind.SSO: LOAD_BALANCER_CREATION,
    Kind.GATE: LOAD_BALANCER_CREATION,
    Kind.QUICK_START: LOAD_BALANCER_CREATION,
}
"""Minutes to create the stacks that take more than a few."""


def minutes_of(
    kind: Kind, former: StackState | None, stack: StackState, *, restarts: bool
) -> Minutes:
    """The minutes that a stack's creation, or its update, takes; graceful restarts wait longest."""
    if former is None:
        return CREATIONS.get(kind, FEW)
    if not restarts:
        return FEW
    old, new = (_environment(each) for each in (former, stack))
    if old.get("AirflowVersion") != new.get("AirflowVersion"):
        return UPGRADE
    return GRACEFUL_RESTART if new.get("WorkerReplacementStrategy") == "GRACEFUL" else RESTART


def run(stacks: Sequence[StackPlan]) -> RunMinutes:
    """The minutes of the whole run."""
    deployed = {each.id: each for each in stacks if each.action is not Action.LEFT}

    @cache
    def wave(id_: str) -> int:
        """A stack is never deployed before one that it depends on."""
        own = deployed[id_]
        return max([own.wave or 0, *(wave(other) for other in own.depends_on if other in deployed)])

    waves = {wave(id_) for id_ in deployed}
    return RunMinutes(
        one_by_one=_sum([each.minutes or NOTHING for each in deployed.values()]),
        at_once=_longest_chain(deployed),
        by_waves=_sum(
            [
                _longest_chain({id_: each for id_, each in deployed.items() if wave(id_) == number})
                for number in waves
            ]
        ),
    )


def _longest_chain(deployed: Mapping[str, StackPlan]) -> Minutes:
    """The minutes of stacks of which each waits for those that it depends on."""

    @cache
    def end(id_: str) -> Minutes:
        own = deployed[id_]
        before = [end(other) for other in own.depends_on if other in deployed]
        return _sum([_longest(before), own.minutes or NOTHING])

    return _longest([end(id_) for id_ in deployed])


def _environment(stack: StackState) -> Mapping[str, object]:
    return next((each.get("Properties", {}) for _, each in stack.of_type(ENVIRONMENT)), {})


def _sum(each: Sequence[Minutes]) -> Minutes:
    return Minutes(sum(one.least for one in each), sum(one.most for one in each))


def _longest(each: Sequence[Minutes]) -> Minutes:
    return Minutes(max((m.least for m in each), default=0), max((m.most for m in each), default=0))
