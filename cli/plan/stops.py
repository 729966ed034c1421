"""Why a plan stops, in sentences, and what is deployed before that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from cli.cost.estate import Range
from cli.plan.phrases import and_, dollars, some
from cli.plan.plan import Loss, Plan
from cli.plan.values import visible
from config.update_policy import Effect


def stops(plan: Plan, allowed: Set[str]) -> Iterator[str]:
    """Yields why the plan stops, and the losses that are `allowed` by name."""
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
            f"Before that, {and_(first.certain)} {verb} deployed, and not taken back"
            f"{_monthly(plan, first.certain)}."
        )
    if first and first.possible:
        yield (
            f"{some(first.possible)} may be deployed by then as well, and not taken back"
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
    named = and_([f"{name} ({after})" for name, after in kept.items()])
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
    most = f" to {dollars(cost.high)}" if cost.high != cost.low else ""
    return f": in a month {dollars(cost.low)}{most}"


def _loss(loss: Loss) -> str:
    would = "is" if loss.certain else "may be"
    fate = "replaced by an empty one" if loss.is_replaced else "deleted"
    return f"The {loss.what} {loss.name} {would} {fate}."
