"""The plan of what is to be deployed, once nothing else is in its way."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from pathlib import Path

from cli.deploy.obstacles import ObstacleError, going_on_error, obstacles, passes
from cli.deploy.patience import Patience
from cli.deployed import DeployedPlatform
from cli.lookup import option_error
from cli.plan.against_deployed import plan_against_deployed
from cli.plan.application import Application
from cli.plan.durations import run
from cli.plan.plan import Action, Plan
from config.model import AnyEnvironment
from config.stack_names import Kind, stack_name, stacks


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What was synthesised, and the stacks of it that are `chosen`, by their ids."""

    platform: DeployedPlatform
    application: Application
    chosen: Set[str]
    file: Path
    prices: Path

    def plan(self) -> Plan:
        """The plan of the chosen stacks; raises as `plan_against_deployed`.

        Raises InputError where what they need is neither deployed nor chosen.
        """
        plan = plan_against_deployed(
            self.platform,
            self.platform.configuration,
            lambda: self.application,
            file=self.file,
            prices=self.prices,
        )
        if self._is_whole:
            return plan
        if missing := missing_before(plan, self.chosen):
            raise option_error(
                "--only",
                f"Not deployed yet, and needed by what you chose: {', '.join(missing)}.",
                f"Choose it too: {' '.join(f'--only {each}' for each in missing)}",
            )
        return self._narrowed(plan)

    def plan_without_obstacles(self, patience: Patience) -> Plan:
        """The plan, once each chosen stack and environment takes a deployment.

        Raises PlatformError for what still goes on when the patience ends, ObstacleError for what
        does not end by itself.
        """
        while True:
            plan = self.plan()
            found = list(obstacles(plan, self._names))
            lasting = [each for each in found if not passes(each)]
            if lasting:
                raise ObstacleError(self.platform.place, lasting)
            if not found:
                return plan
            patience.wait(going_on_error(found, self.platform.place))

    @property
    def _is_whole(self) -> bool:
        return self.chosen >= {each.id for each in self.application.stacks.values()}

    @property
    def _names(self) -> Set[str]:
        """The names of the chosen stacks, and of environments that they make."""
        app_name = self.platform.outline.app_name
        made = {
            each.about.name
            for each in stacks(self.platform.configuration)
            if each.kind is Kind.ENVIRONMENT and each.id in self.chosen
            if isinstance(each.about, AnyEnvironment)
        }
        return {stack_name(app_name, each) for each in self.chosen} | made

    def _narrowed(self, plan: Plan) -> Plan:
        """The plan of the chosen stacks alone; of the whole remains what cannot be divided."""
        kept = tuple(
            each
            for each in plan.stacks
            if each.id in self.chosen and each.action is not Action.LEFT
        )
        return replace(
            plan,
            stacks=kept,
            access=plan.access if Kind.GRANTS in self.chosen else (),
            unused_keys=(),
            money=None,
            minutes=run(kept),
        )


def missing_before(plan: Plan, chosen: Set[str]) -> list[str]:
    """The stacks that a plan makes, and that chosen ones need, but that are not chosen."""
    needed = {other for each in plan.stacks if each.id in chosen for other in each.depends_on}
    made = [each.id for each in plan.stacks if each.action is Action.MADE]
    return [id_ for id_ in made if id_ in needed - chosen]
