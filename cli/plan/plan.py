"""A plan: what a deployment does to each stack, and what follows for people."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from cli.cost.estate import Difference
from cli.plan.access import AccessChange
from config.key_changes import KeyChange
from config.stack_names import Kind
from config.update_policy import Effect, Interrupts, Minutes, Policy
from errors import Finding

EFFECTS = list(Effect)


class Action(StrEnum):
    """What a deployment does with a stack as a whole."""

    MADE = "made"
    CHANGED = "changed"
    LEFT = "left"
    """It is no longer in the configuration, and goes on to run."""


class Cause(StrEnum):
    """Why a stack changes."""

    CONFIGURATION = "configuration"
    RELEASE = "release"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class EffectiveKey:
    """A key that changes, and what that does here: no more than its stacks show."""

    change: KeyChange
    effect: Effect

    @property
    def policy(self) -> Policy | None:
        """The key's policy, where this effect is that of its policy."""
        policy = self.change.policy.value if self.change.policy else None
        return policy if policy and policy.effect is self.effect else None


@dataclass(frozen=True, kw_only=True)
class OptionChange:
    """An Airflow configuration option; its values are not shown, for they may hold anything."""

    name: str
    action: str


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """A file of an environment that changes, what that means, and the keys of a team's part."""

    name: str
    meaning: str
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A thing with state that is replaced or deleted.

    `name` is what `--allow-replacement` takes, `certain` whether it is lost for sure.
    """

    name: str
    what: str
    certain: bool
    is_replaced: bool


@dataclass(frozen=True, kw_only=True)
class StackPlan:
    """What happens to one stack.

    - `environment`: the name of its environment; None for a stack of all.
    - `effect`, `interrupts`: the strongest of its changes.
    - `minutes`: how long its deployment takes; None where there is none.
    - `strategy`: how running tasks are treated where its environment restarts.
    - `own_files`: the team's files that differ; None where that is not known.
    - `refusals`: why AWS refuses it; of a stack that would be left, why it must not be.
    - `way_round`: of the move to another Airflow version, where MWAA refuses it; `version_notes`
      are what to know of one that it makes.
    - `kept`: things that leave the stack and stay in the account.
    - `protection`: whether it can be deleted afterwards; None where that does not change.
    - `wave`: that of its environment; None for a stack of all.
    """

    id: str
    name: str
    kind: Kind
    environment: str | None
    action: Action
    cause: Cause
    effect: Effect
    interrupts: Interrupts = Interrupts.NOTHING
    minutes: Minutes | None = None
    strategy: str | None = None
    keys: tuple[EffectiveKey, ...] = ()
    options: tuple[OptionChange, ...] = ()
    files: tuple[FileChange, ...] = ()
    own_files: tuple[str, ...] | None = None
    losses: tuple[Loss, ...] = ()
    refusals: tuple[str, ...] = ()
    way_round: str | None = None
    version_notes: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    resources: tuple[tuple[str, int], ...] = ()
    protection: bool | None = None
    depends_on: tuple[str, ...] = ()
    wave: int | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the deployment stops at it; none where it does not."""
        if self.effect is not Effect.REFUSED:
            return ()
        return self.refusals or (f"AWS refuses the change of {self.environment or self.id}.",)


class RunMinutes(NamedTuple):
    """How long a run takes: one stack after another, all at once that may be, and by waves."""

    one_by_one: Minutes = Minutes(0, 0)
    at_once: Minutes = Minutes(0, 0)
    by_waves: Minutes = Minutes(0, 0)


@dataclass(frozen=True, kw_only=True)
class RoleNote:
    """What a role or boundary that the deployment does not change must allow, or lacks."""

    name: str
    summary: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BeforeRefusal:
    """Ids of stacks that a refused deployment comes to first, and that stay as it made them.

    `certain` are those on which every refused stack rests, `possible` others that may be deployed
    by then: which is first, where neither rests on the other, is not known.
    """

    certain: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a deployment will do.

    - `before`: what is compared with, in words; `notes`: what limits the comparison.
    - `is_release_seen`: whether it tells what a release of the platform changes.
    - `moved`: the key that gives every stack another name, where it differs.
    - `roles`: of roles of the team's own, and boundaries, what they must allow.
    - `unused_keys`: keys that differ without any effect on what is deployed.
    - `uncertain`: findings about what could not be told.
    - `money`: what it costs more; None where that is not known.
    - `before_refusal`: what is deployed before AWS refuses; None where it does not.
    - `minutes`: of the run.
    """

    before: str
    stacks: tuple[StackPlan, ...]
    notes: tuple[str, ...] = ()
    is_release_seen: bool = True
    access: tuple[AccessChange, ...] = ()
    roles: tuple[RoleNote, ...] = ()
    moved: KeyChange | None = None
    unused_keys: tuple[KeyChange, ...] = ()
    uncertain: tuple[Finding, ...] = ()
    money: Difference | None = None
    before_refusal: BeforeRefusal | None = None
    minutes: RunMinutes = field(default_factory=RunMinutes)

    @property
    def restarts(self) -> Iterator[str]:
        """The environments that restart; none does where AWS refuses the change of its stack."""
        return (
            each.environment
            for each in self.stacks
            if each.strategy and each.environment and not each.reasons
        )

    @property
    def losses(self) -> Iterator[Loss]:
        """Everything with state that is lost; nothing is where AWS refuses the change."""
        return (loss for stack in self.stacks if not stack.reasons for loss in stack.losses)

    @property
    def refusals(self) -> Iterator[str]:
        """Why the deployment stops, beside what is lost."""
        return (reason for stack in self.stacks for reason in stack.reasons)

    @property
    def effect(self) -> Effect:
        """The strongest effect of all; stacks that come while others are left replace them."""
        actions = {each.action for each in self.stacks}
        effects = [each.effect for each in self.stacks]
        if {Action.MADE, Action.LEFT} <= actions:
            effects.append(Effect.REPLACEMENT)
        return max(effects, key=EFFECTS.index, default=Effect.FREE)

    def stopped_by(self, allowed: Set[str]) -> list[str]:
        """The reasons to stop: refusals, and losses that are not allowed by their names."""
        return [*self.refusals, *(each.name for each in self.losses if each.name not in allowed)]

    def unknown(self, allowed: Set[str]) -> list[str]:
        """Names that are allowed to be lost, of which nothing here is."""
        named = {loss.name for stack in self.stacks for loss in stack.losses}
        return sorted(allowed - named)

    def exit_status(self, allowed: Set[str]) -> int:
        """3 to stop, 1 where it could not be told, otherwise 0."""
        if self.stopped_by(allowed):
            return 3
        return 1 if self.uncertain else 0
