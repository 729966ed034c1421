"""A rollout: one stage after another, each wave checked before the next begins."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

import console
from cli.aws_errors import aws_errors_translated
from cli.deploy.cdk_run import CdkCli
from cli.deploy.health import Health
from cli.deploy.lock import HeldLock
from cli.deploy.progress import Progress, elapsed
from cli.deploy.stages import Stage
from cli.deploy.states import HOLDS_NOTHING, Outcome, State, read_states
from cli.deploy.tasks import restarted_by_force, wait_for_tasks
from cli.deployed import DeployedPlatform
from cli.plan.plan import Action, StackPlan
from config.stack_names import stack_name
from errors import PlatformError

POLL_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How it is rolled out.

    - `concurrency`: how many stacks of a stage at once.
    - `tasks`: how long running tasks are waited for before they are ended; None for not at all.
    - `settling`: how long a wave may take to become healthy.
    """

    concurrency: int
    tasks: timedelta | None
    settling: timedelta


@dataclass(kw_only=True)
class Rollout:
    """What is rolled out, and what came of it so far.

    `plans` are the changes by stack, `assembly` the folder of what was synthesised, `lock` what
    keeps other deployments out.
    """

    platform: DeployedPlatform
    stages: Sequence[Stage]
    plans: Mapping[str, StackPlan]
    assembly: Path
    cdk: CdkCli
    manner: Manner
    lock: HeldLock
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    progress: Progress | None = None

    def run(self) -> None:
        """Deploys the stages in their order.

        Raises PlatformError at the first stack that fails, at a wave that is not healthy, and where
        the lock was broken meanwhile.
        """
        health = Health(platform=self.platform)
        for wave in self._waves():
            names = wave[-1].checked
            changes = any(id_ in self.plans for stage in wave for id_ in stage.stacks)
            if changes:
                self.lock.check()
            before = health.before(names, remember=changes) if names else {}
            for stage in wave:
                self._deploy(stage)
            made = {
                each.environment
                for each in self.plans.values()
                if each.environment and each.action is Action.MADE
            }
            title = f"Health of wave {wave[-1].wave}"
            seconds = self.manner.settling.total_seconds()
            if names and not health.passes(title, names, before=before, made=made, seconds=seconds):
                raise PlatformError(
                    f"Wave {wave[-1].wave} is not healthy, so no further wave is begun.",
                    place=self.platform.place,
                    remedy="Do what the findings above say.",
                )
            if names:
                self.lock.check()
                health.forget(names)

    def note_interruption(self) -> None:
        """Takes down what became of the stage in which the rollout was interrupted."""
        if self.progress:
            with suppress(PlatformError):  # the table says what is not known
                self._conclude(self.progress, succeeded=False)

    def show(self) -> None:
        """Shows what became of every stack, in one table."""
        rows = [
            (
                stage.title,
                id_,
                str(self.outcomes.get(id_, Outcome.NOT_BEGUN)),
                elapsed(self.seconds[id_]) if id_ in self.seconds else "",
                str(plan.minutes or "") if (plan := self.plans.get(id_)) else "",
            )
            for stage in self.stages
            for id_ in stage.stacks
        ]
        console.gap()
        console.table(("stage", "stack", "came to", "took", "expected"), rows)

    def of(self, *outcomes: Outcome) -> list[str]:
        """The stacks that came to one of these."""
        return [id_ for id_, outcome in self.outcomes.items() if outcome in outcomes]

    def _waves(self) -> Iterator[list[Stage]]:
        """The stages, those of a wave together."""
        waves = dict.fromkeys(each.wave for each in self.stages)
        return ([each for each in self.stages if each.wave == wave] for wave in waves)

    def _deploy(self, stage: Stage) -> None:
        changing = [self.plans[id_] for id_ in stage.stacks if id_ in self.plans]
        if not changing:
            self.outcomes |= dict.fromkeys(stage.stacks, Outcome.UNCHANGED)
            return
        if self.manner.tasks is not None and (forced := restarted_by_force(changing)):
            wait_for_tasks(self.platform, forced, self.manner.tasks)
        self.lock.check()
        console.heading(stage.title)
        before = read_states(self.platform)
        self._unlock(stage.stacks, before)
        self.progress = Progress(
            title=stage.title, stacks=stage.stacks, plans=self.plans, before=before
        )
        succeeded = self._run_cdk(stage, self.progress)
        self._conclude(self.progress, succeeded=succeeded)
        self.progress = None
        failed = self.of(Outcome.FAILED, Outcome.GOING_ON)
        if failed:
            raise PlatformError(
                f"{', '.join(failed)} failed, so nothing further is begun.",
                place=str(self.cdk.log),
                remedy="What is known of the cause stands above.",
            )
        if not succeeded:
            raise self.cdk.failed_error("The CDK CLI failed before it changed a stack.")

    def _run_cdk(self, stage: Stage, progress: Progress) -> bool:
        arguments = (
            *("deploy", *stage.stacks, "--exclusively", "--app", str(self.assembly)),
            *("--require-approval=never", "--method=direct"),
            f"--concurrency={self.manner.concurrency}",
        )
        with self.cdk.started(*arguments) as process, console.status_line() as show:
            while process.poll() is None:
                # The CLI goes on where a look at it fails: AWS throttles, the network is away.
                with suppress(ClientError, BotoCoreError):
                    progress.look(read_states(self.platform))
                show(progress.status)
                _wait(process)
        return process.returncode == 0

    def _conclude(self, progress: Progress, *, succeeded: bool) -> None:
        """Takes down what became of a stage's stacks.

        Raises PlatformError where AWS does not say: then that is not known of those that change.
        """
        try:
            with aws_errors_translated(self.platform.place):
                now = read_states(self.platform)
        except PlatformError:
            unknown = (each for each in progress.stacks if each in self.plans)
            self.outcomes |= dict.fromkeys(unknown, Outcome.UNKNOWN)
            raise
        progress.look(now)
        self.outcomes |= progress.outcomes(now, succeeded=succeeded)
        self.seconds |= progress.seconds

    def _unlock(self, ids: Collection[str], states: Mapping[str, State]) -> None:
        """Ends the protection of stacks whose creation failed: they hold nothing.

        The CDK deletes them before it makes them again, which protection forbids.
        """
        cloudformation = self.platform.session.client("cloudformation")
        for id_ in ids:
            state = states.get(id_)
            if state and state.status == HOLDS_NOTHING and state.protected:
                console.say(
                    f"{id_} has no resources since its creation failed; it is created again."
                )
                cloudformation.update_termination_protection(
                    StackName=stack_name(self.platform.outline.app_name, id_),
                    EnableTerminationProtection=False,
                )


def _wait(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return
