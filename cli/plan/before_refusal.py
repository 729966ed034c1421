"""What a deployment has done by the time when AWS refuses a stack."""

from __future__ import annotations

from collections.abc import Sequence

from cli.plan.application import Application
from cli.plan.plan import (
    Action,
    BeforeRefusal,
    StackPlan,
)


def before_refusal_of(stacks: Sequence[StackPlan], after: Application) -> BeforeRefusal | None:
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
