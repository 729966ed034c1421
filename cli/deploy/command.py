"""`deploy`: rolls the configuration out, wave by wave, after its plan."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence, Set
from pathlib import Path
from tempfile import TemporaryDirectory

import console
from cli.aws_errors import aws_errors_translated
from cli.commands import Deploy
from cli.deploy.aftermath import show_failures, show_ways
from cli.deploy.cdk_run import CdkCli
from cli.deploy.locking import locked
from cli.deploy.patience import Patience
from cli.deploy.preparation import Preparation
from cli.deploy.rollout import Manner, Rollout
from cli.deploy.stages import Stage, stages
from cli.deployed import DeployedPlatform, deployed_platform
from cli.explain.scope import Scope
from cli.interruption import interrupted_by_termination
from cli.lookup import option_error
from cli.plan.application import from_assembly
from cli.plan.plan import Action, Plan, StackPlan
from cli.plan.synthesis import FILE, check_name
from cli.plan.text import show
from cli.spans import parse_span
from config.stack_names import stack_name
from errors import PlatformError
from local.layout import ROOT
from local.toolchain import install_node_packages

LOGS = ROOT / ".local" / "deployments"
REFUSED = 3


def deploy(options: Deploy) -> None:
    """Deploys; exits with 3 where the plan refuses.

    Raises InputError for a wrong configuration or option, PlatformError where a stack fails, a
    wave is not healthy, or another deployment is going on.
    """
    manner, limit = _manner(options), parse_span("--wait", options.wait)
    _check(options)
    with (
        interrupted_by_termination(),
        deployed_platform(options) as platform,
        TemporaryDirectory(prefix="mwaa-platform-deploy-") as folder,
    ):
        chosen = _chosen(options.only, platform)
        file = options.state / "cdk" / FILE if options.local else options.configuration
        cdk = CdkCli(folder=file.parent, variables=platform.variables, log=_log(options))
        assembly = Path(folder) / "assembly"
        install_node_packages(ROOT)
        with console.step("The configuration is synthesised"):
            cdk.synthesise(assembly)
        application = from_assembly(assembly, platform.configuration.written)
        order = stages(application, platform.configuration, chosen)
        preparation = Preparation(
            platform=platform,
            application=application,
            chosen={id_ for stage in order for id_ in stage.stacks},
            file=file,
            prices=options.prices,
        )
        if options.dry_run:
            _decide(preparation.plan(), order, options)
            return
        patience = Patience(limit)
        with locked(platform, patience, break_lock=options.break_lock) as lock:
            plan = preparation.plan_without_obstacles(patience)
            changing = _decide(plan, order, options)
            if changing and not options.yes and not console.confirm("Deploy this?"):
                console.say("Nothing was deployed.")
                return
            _roll_out(
                Rollout(
                    platform=platform,
                    stages=order,
                    plans=changing,
                    assembly=assembly,
                    cdk=cdk,
                    manner=manner,
                    lock=lock,
                )
            )


def _manner(options: Deploy) -> Manner:
    tasks = options.wait_for_tasks
    return Manner(
        concurrency=options.concurrency,
        tasks=parse_span("--wait-for-tasks", tasks) if tasks is not None else None,
        settling=parse_span("--settle", options.settle),
    )


def _check(options: Deploy) -> None:
    if not (options.yes or options.dry_run or console.can_ask()):
        raise option_error(
            "--yes",
            "Nobody can be asked here, for the input is no terminal.",
            "Give --yes to deploy what the plan says, or --dry-run to see it alone.",
        )
    if not options.local:
        check_name(options.configuration)


def _chosen(names: Sequence[str] | None, platform: DeployedPlatform) -> Set[str] | None:
    """The stacks that --only names; None for all."""
    if not names:
        return None
    scope, prefix = Scope.of(platform.configuration), stack_name(platform.outline.app_name, "")
    return {stack for name in names for stack in scope.chosen(name, deployed=(), prefix=prefix)[0]}


def _log(options: Deploy) -> Path:
    """The file for what the CDK CLI says."""
    if options.local:
        return options.state.absolute() / "logs" / "deploy.log"
    return LOGS / f"{time.strftime('%Y-%m-%d-%H%M%S')}.log"


def _decide(plan: Plan, order: Collection[Stage], options: Deploy) -> Mapping[str, StackPlan]:
    """Shows the plan and the stages; returns the changes by stack.

    Ends the command where the plan refuses.
    """
    allowed = frozenset(options.allow_replacement or ())
    show(plan, allowed)
    if plan.stopped_by(allowed):
        raise SystemExit(REFUSED)
    changing = {each.id: each for each in plan.stacks if each.action is not Action.LEFT}
    console.heading("The stages")
    console.table(
        ("stage", "stack", "expected"),
        [
            (stage.title, id_, str(changing[id_].minutes or "") if id_ in changing else "no change")
            for stage in order
            for id_ in stage.stacks
        ],
    )
    return changing


def _roll_out(rollout: Rollout) -> None:
    """Rolls out; where that stops, says what stands, why, and how to go on or back."""
    try:
        with aws_errors_translated(rollout.platform.place):
            rollout.run()
    except PlatformError:
        rollout.show()
        show_failures(rollout)
        show_ways(rollout)
        console.gap()
        raise
    except KeyboardInterrupt:
        rollout.note_interruption()
        rollout.show()
        show_ways(rollout)
        console.gap()
        raise PlatformError(
            "The deployment was interrupted.",
            place=str(rollout.cdk.log),
            remedy="Deploy again: it continues.",
        ) from None
    rollout.show()
