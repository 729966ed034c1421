"""What is said of a deployment that stopped: what failed, why, and how to go on or back."""

from __future__ import annotations

import console
from cli.aws_errors import aws_errors_translated
from cli.deploy.rollout import Rollout
from cli.deploy.states import Outcome
from cli.doctor.stack_states import stack_states
from cli.explain.scope import Scope
from cli.explain.stacks import explain_stacks
from cli.report import start_report
from errors import Finding, PlatformError

DELETED = "DELETE_COMPLETE"


def show_failures(rollout: Rollout) -> None:
    """Shows why stacks failed, as `explain` says it."""
    failed = rollout.of(Outcome.FAILED)
    if not failed:
        return
    platform = rollout.platform
    makes = {stack: name for name, stack in Scope.of(platform.configuration).made_by.items()}
    console.gap()
    report = start_report("What failed", platform.place, as_json=False)
    try:
        with aws_errors_translated(platform.place):
            states = [
                each
                for each in stack_states(platform)
                if each.stack in failed and each.status != DELETED
            ]
            for finding in explain_stacks(platform, states, makes=makes):
                report.add(finding)
    except PlatformError as error:
        report.add(Finding.from_error("Causes", error))
    report.conclude()


def show_ways(rollout: Rollout) -> None:
    """Shows how to go on, and how to go back."""
    console.heading("Go on, or back")
    done, going = rollout.of(Outcome.DONE), rollout.of(Outcome.GOING_ON)
    if done:
        console.say(f"Deployed, and stays so: {', '.join(done)}.", mark="-")
    if going:
        console.say(
            f"CloudFormation goes on with {', '.join(going)} by itself, and finishes it.", mark="-"
        )
    if unknown := rollout.of(Outcome.UNKNOWN):
        console.say(
            f"What became of {', '.join(unknown)} is not known here: `./mwaa-platform explain` "
            "says it.",
            mark="-",
        )
    console.say(
        "To go on, remove the cause and deploy again: what is as it should be is left alone. "
        "With --wait it first waits for what still goes on.",
        mark="-",
    )
    console.say(
        "To go back, deploy the former revision of your file, which takes back what was deployed. "
        "A stack whose rollback did not finish needs this before:",
        mark="-",
    )
    console.line("npx cdk rollback <stack>", indent=4)
