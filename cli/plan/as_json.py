"""A plan for other programs. docs/plan.md documents it: fields are added, and never changed."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from cli.plan.describe import verdict
from cli.plan.plan import EffectiveKey, Plan, StackPlan
from cli.plan.values import visible
from config.key_changes import KeyChange
from config.update_policy import Minutes
from errors import InputError, PlatformError

FORMAT = 1


def as_json(plan: Plan, allowed: Set[str]) -> Mapping[str, Any]:
    """The plan as an object."""
    return {
        "format": FORMAT,
        "compared_with": plan.before,
        "verdict": verdict(plan, allowed),
        "exit_status": plan.exit_status(allowed),
        "effect": plan.effect,
        "stopped_by": plan.stopped_by(allowed),
        "allowed_without_effect": plan.unknown(allowed),
        "restarts": sorted({*plan.restarts}),
        "before_refusal": plan.before_refusal
        and {
            "certain": list(plan.before_refusal.certain),
            "possible": list(plan.before_refusal.possible),
        },
        "stacks": [_stack(each) for each in plan.stacks],
        "access": [
            {
                "principal": each.principal,
                "environments": list(each.environments),
                "gained": list(each.gained),
                "lost": list(each.lost),
                "ends_otherwise": list(each.ends_otherwise),
                "left": list(each.left),
            }
            for each in plan.access
        ],
        "roles": [
            {"name": each.name, "summary": each.summary, "lines": list(each.lines)}
            for each in plan.roles
        ],
        "money": plan.money
        and {
            "total": plan.money.total.as_json(),
            "stacks": {stack: cost.as_json() for stack, cost in plan.money.stacks.items()},
            "not_priced": sorted({each.name for each in plan.money.unpriced}),
        },
        "minutes": {name: _minutes(each) for name, each in plan.minutes._asdict().items()},
        "without_effect": [_key(each) for each in plan.unused_keys],
        "not_told": [each.as_json() for each in plan.uncertain],
        "notes": list(plan.notes),
    }


def error_as_json(error: PlatformError) -> Mapping[str, Any]:
    """What is written in the place of a plan that could not be made."""
    findings = error.findings if isinstance(error, InputError) else ()
    return {
        "format": FORMAT,
        "exit_status": error.exit_status,
        "error": {
            "message": error.message,
            "where": error.place,
            "remedy": error.remedy,
            "findings": [each.as_json() for each in findings],
        },
    }


def _stack(stack: StackPlan) -> Mapping[str, Any]:
    return {
        "id": stack.id,
        "name": stack.name,
        "environment": stack.environment,
        "action": stack.action,
        "cause": stack.cause,
        "effect": stack.effect,
        "interrupts": stack.interrupts,
        "strategy": stack.strategy,
        "minutes": stack.minutes and _minutes(stack.minutes),
        "keys": [_effective_key(each) for each in stack.keys],
        "options": [{"name": each.name, "action": each.action} for each in stack.options],
        "files": [each.name for each in stack.files],
        "own_files": None if stack.own_files is None else list(stack.own_files),
        "losses": [
            {
                "name": each.name,
                "what": each.what,
                "certain": each.certain,
                "replaced": each.is_replaced,
            }
            for each in stack.losses
        ],
        "refusals": list(stack.reasons),
        "way_round": stack.way_round,
        "version_notes": list(stack.version_notes),
        "kept": list(stack.kept),
        "protected": stack.protection,
        "resources": dict(stack.resources),
    }


def _effective_key(key: EffectiveKey) -> Mapping[str, Any]:
    policy = key.change.policy
    return {
        **_key(key.change),
        "effect": key.effect,
        "policy": policy.name if policy else None,
        "way_round": key.policy.way_round if key.policy else None,
    }


def _key(change: KeyChange) -> Mapping[str, Any]:
    before, after = visible(change)
    return {
        "environment": change.environment,
        "key": change.name,
        "before": before,
        "after": after,
    }


def _minutes(minutes: Minutes) -> Mapping[str, int]:
    return {"least": minutes.least, "most": minutes.most}
