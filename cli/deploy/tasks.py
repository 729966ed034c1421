"""The wait for running tasks, which a forced restart would end."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import console
from cli.airflow_health import running_tasks
from cli.deployed import DeployedPlatform
from cli.doctor.checks import AT_A_TIME
from cli.explain.stacks import duration
from cli.plan.plan import StackPlan
from config.update_policy import Interrupts
from errors import PlatformError

POLL_SECONDS = 10.0
GRACEFUL = "GRACEFUL"


def restarted_by_force(plans: Collection[StackPlan]) -> list[str]:
    """The environments whose running tasks a deployment ends."""
    return [
        each.environment
        for each in plans
        if each.environment and each.interrupts is Interrupts.TASKS and each.strategy
        if each.strategy != GRACEFUL
    ]


def wait_for_tasks(platform: DeployedPlatform, names: Collection[str], limit: timedelta) -> None:
    """Waits until no task runs in environments.

    Raises PlatformError, with what runs, where some still do after the limit.
    """
    end = time.monotonic() + limit.total_seconds()
    with console.status_line() as show:
        while running := _running(platform, names):
            if time.monotonic() >= end:
                raise PlatformError(
                    f"Tasks still run after {duration(limit)}: {_listed(running)}. Nothing of the "
                    "stage was begun.",
                    place=f"Airflow {platform.place}",
                    remedy="Deploy again later, or pause the DAGs before. Without "
                    "--wait-for-tasks the restart ends them.",
                )
            show(f"Waiting for running tasks: {_listed(running)}")
            time.sleep(min(POLL_SECONDS, max(0.0, end - time.monotonic())))


def _running(platform: DeployedPlatform, names: Collection[str]) -> Mapping[str, int]:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        counts = pool.map(lambda name: running_tasks(platform.session, name), names)
        return {name: count for name, count in zip(names, counts, strict=True) if count}


def _listed(running: Mapping[str, int]) -> str:
    return ", ".join(f"{count} in {name}" for name, count in running.items())
