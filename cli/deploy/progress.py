"""Progress of a stage: a line when a stack begins and ends, and what each came to."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import console
from cli.deploy.states import Outcome, State, has_begun, outcome
from cli.plan.plan import StackPlan

MARKS: Mapping[Outcome, tuple[str, str]] = {
    Outcome.DONE: ("✓", "bold green"),
    Outcome.FAILED: ("✗", "bold red"),
    Outcome.GOING_ON: ("…", "dim"),
}


@dataclass
class Progress:
    """What happens to the stacks of a stage since `before`, the states when it began."""

    title: str
    stacks: Collection[str]
    plans: Mapping[str, StackPlan]
    before: Mapping[str, State]
    begun: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def look(self, now: Mapping[str, State]) -> None:
        """Says which stacks have begun and ended since the last look."""
        for id_ in self.stacks:
            state = now.get(id_)
            if state is None or id_ in self.seconds or not has_begun(self.before.get(id_), state):
                continue
            if id_ not in self.begun:
                self.begun[id_] = time.monotonic()
                console.say(f"{id_} has begun; {self.expected(id_)} expected", mark="…", indent=2)
            if not state.is_going_on:
                self.seconds[id_] = time.monotonic() - self.begun[id_]
                mark, style = MARKS[Outcome.DONE if state.is_done else Outcome.FAILED]
                text = f"{id_}  {state.status}, {elapsed(self.seconds[id_])}"
                console.say(text, mark=mark, style=style, indent=2)

    @property
    def status(self) -> str:
        """What is going on now, on one line."""
        now = time.monotonic()
        going = [
            f"{id_} {elapsed(now - begun)} of {self.expected(id_)}"
            for id_, begun in self.begun.items()
            if id_ not in self.seconds
        ]
        return f"{self.title}: {', '.join(going) or 'the CDK CLI publishes files'}"

    def outcomes(self, now: Mapping[str, State], *, succeeded: bool) -> Mapping[str, Outcome]:
        """What became of each stack, when the run of the CLI has ended."""
        return {
            id_: outcome(
                self.before.get(id_), now.get(id_), changes=id_ in self.plans, succeeded=succeeded
            )
            for id_ in self.stacks
        }

    def expected(self, id_: str) -> str:
        """How long a stack takes, as the plan says."""
        plan = self.plans.get(id_)
        return str(plan.minutes) if plan and plan.minutes else "no change"


def elapsed(seconds: float) -> str:
    """A time that has passed: 40 s, 23 min."""
    minute = 60
    return f"{seconds:.0f} s" if seconds < 2 * minute else f"{seconds / minute:.0f} min"
